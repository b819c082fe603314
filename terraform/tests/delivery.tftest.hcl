variables {
  catalog = {
    environment = "staging"
    cluster     = "staging-millrace"
    account     = "444455556666"
    region      = "us-east-1"
    services = {
      order   = { repository = "millrace/order" }
      payment = { repository = "millrace/payment" }
    }
  }
  github_repository = "example/millrace"
  repository_arns = {
    order   = "arn:aws:ecr:us-east-1:444455556666:repository/millrace/order"
    payment = "arn:aws:ecr:us-east-1:444455556666:repository/millrace/payment"
  }
  previous_registry         = { account = "111122223333", environment = "dev" }
  state_bucket_arn          = "arn:aws:s3:::staging-millrace-terraform-444455556666"
  state_key_arn             = "arn:aws:kms:us-east-1:444455556666:key/state"
  repository_url            = "https://github.com/example/millrace"
  vpc_id                    = "vpc-00000000000000001"
  subnet_ids                = ["subnet-0000000000000000a", "subnet-0000000000000000b"]
  cluster_security_group_id = "sg-00000000000000001"
  logs_key_arn              = "arn:aws:kms:us-east-1:444455556666:key/logs"
  log_retention_days        = 30
}

run "github_gets_roles_in_its_environments_only" {
  command = plan
  module {
    source = "./modules/delivery"
  }

  assert {
    condition = jsondecode(aws_iam_role.release.assume_role_policy).Statement[0].Condition.StringEquals == {
      "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
      "token.actions.githubusercontent.com:sub" = "repo:example/millrace:environment:staging"
    }
    error_message = "The release role trusts one environment of one repository."
  }

  assert {
    condition     = jsondecode(aws_iam_role.plan.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:example/millrace:environment:staging-plan"
    error_message = "The plan role trusts an environment of its own."
  }
}

run "the_release_role_pushes_here_and_reads_before" {
  command = plan
  module {
    source = "./modules/delivery"
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.release.policy).Statement : statement.Sid => toset(flatten([statement.Resource]))
      } == {
      LogIn                = toset(["*"])
      ReadAndPushOwnImages = toset(values(var.repository_arns))
      ReadImagesOfDev      = toset(["arn:aws:ecr:us-east-1:111122223333:repository/millrace/order", "arn:aws:ecr:us-east-1:111122223333:repository/millrace/payment"])
    }
    error_message = "Own repositories, and those of the environment before."
  }

  assert {
    condition = toset(jsondecode(aws_iam_role_policy.release.policy).Statement[2].Action) == toset([
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer",
    ])
    error_message = "Before, it only reads."
  }
}

run "the_first_environment_reads_nowhere_else" {
  command = plan
  module {
    source = "./modules/delivery"
  }
  variables {
    previous_registry = null
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.release.policy).Statement) == 2
    error_message = "There is no environment before the first."
  }
}

run "the_plan_role_writes_the_lock_alone" {
  command = plan
  module {
    source = "./modules/delivery"
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.plan.policy).Statement : statement.Resource
      if contains(flatten([statement.Action]), "s3:PutObject")
    ] == ["arn:aws:s3:::staging-millrace-terraform-444455556666/platform.tfstate.tflock"]
    error_message = "Of all objects it writes the lock."
  }

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_role_policy.plan.policy).Statement : [
        for action in flatten([statement.Action]) :
        can(regex(":(Describe|Get|List|View)[A-Za-z]+$", action)) || contains(["kms:Decrypt", "kms:GenerateDataKey"], action) || startswith(statement.Sid, "Lock")
      ] if statement.Effect == "Allow"
    ]))
    error_message = "Besides, it reads."
  }

  assert {
    condition     = length(jsonencode(jsondecode(aws_iam_role_policy.plan.policy))) <= 10240
    error_message = "IAM takes 10,240 characters."
  }
}

run "the_bootstrap_runs_in_the_vpc" {
  command = plan
  module {
    source = "./modules/delivery"
  }

  assert {
    condition     = aws_codebuild_project.bootstrap.vpc_config[0].subnets == toset(var.subnet_ids) && !aws_codebuild_project.bootstrap.environment[0].privileged_mode
    error_message = "The build is in the application subnets, without privileges."
  }

  assert {
    condition     = strcontains(yamldecode(aws_codebuild_project.bootstrap.source[0].buildspec).phases.build.commands[0], "argocd/bootstrap.sh --env \"$ENVIRONMENT\"")
    error_message = "It runs the bootstrap of the repository."
  }

  assert {
    condition     = jsondecode(aws_iam_role.bootstrap.assume_role_policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == "arn:aws:codebuild:us-east-1:444455556666:project/staging-millrace-bootstrap"
    error_message = "Only this project takes the role."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.api_server.security_group_id == var.cluster_security_group_id && aws_vpc_security_group_ingress_rule.api_server.from_port == 443
    error_message = "The cluster lets it to the API server."
  }

  assert {
    condition     = length([for statement in jsondecode(aws_iam_role_policy.bootstrap.policy).Statement : statement if strcontains(statement.Sid, "Token")]) == 0
    error_message = "A public repository needs no secret."
  }
}

run "a_private_repository_brings_its_secret" {
  command = plan
  module {
    source = "./modules/delivery"
  }
  variables {
    repository_secret = {
      arn     = "arn:aws:secretsmanager:us-east-1:444455556666:secret:staging/millrace/argocd/repository-AbCdEf"
      key_arn = "arn:aws:kms:us-east-1:444455556666:key/secrets"
    }
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.bootstrap.policy).Statement : statement.Resource if strcontains(statement.Sid, "Token")
    ] == [var.repository_secret.arn, var.repository_secret.key_arn]
    error_message = "The role reads that secret and uses its key."
  }

  assert {
    condition = [
      for variable in aws_codebuild_project.bootstrap.environment[0].environment_variable : variable.type if variable.name == "REPOSITORY_TOKEN"
    ] == ["SECRETS_MANAGER"]
    error_message = "The token comes from Secrets Manager."
  }
}

run "refuses_any_repository" {
  command = plan
  module {
    source = "./modules/delivery"
  }
  variables {
    github_repository = "example/*"
  }
  expect_failures = [var.github_repository]
}

run "refuses_to_promote_from_itself" {
  command = plan
  module {
    source = "./modules/delivery"
  }
  variables {
    previous_registry = { account = "444455556666", environment = "staging" }
  }
  expect_failures = [var.previous_registry]
}

run "refuses_the_registry_of_another_account" {
  command = plan
  module {
    source = "./modules/delivery"
  }
  variables {
    repository_arns = {
      order   = "arn:aws:ecr:us-east-1:777788889999:repository/millrace/order"
      payment = "arn:aws:ecr:us-east-1:444455556666:repository/millrace/payment"
    }
  }
  expect_failures = [var.repository_arns]
}
