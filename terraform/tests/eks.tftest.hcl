variables {
  catalog = {
    environment = "dev"
    cluster     = "dev-millrace"
    region      = "us-east-1"
    account     = "111122223333"
    services = {
      order   = { namespace = "order" }
      payment = { namespace = "payment" }
    }
    fargate_profiles = {
      dev-any-00000001 = {
        selectors = [{ namespace = "*", labels = { "millrace.dev/zone" = "any" } }]
        zones     = ["a", "b"]
      }
      dev-zone-b-00000002 = {
        selectors = [{ namespace = "*", labels = { "millrace.dev/zone" = "b" } }]
        zones     = ["b"]
      }
      dev-platform-00000003 = {
        selectors = [{ namespace = "kube-system", labels = {} }, { namespace = "argocd", labels = {} }]
        zones     = ["a", "b"]
      }
    }
  }
  zones = {
    a = { app_subnet_id = "subnet-0000000000000000a" }
    b = { app_subnet_id = "subnet-0000000000000000b" }
  }
  key_arn            = "arn:aws:kms:us-east-1:111122223333:key/eks"
  logs_key_arn       = "arn:aws:kms:us-east-1:111122223333:key/logs"
  alerts_key_arn     = "arn:aws:kms:us-east-1:111122223333:key/alerts"
  alerts_topic_arn   = "arn:aws:sns:us-east-1:111122223333:dev-millrace-alerts"
  log_retention_days = 14
  bootstrap_role_arn = "arn:aws:iam::111122223333:role/dev-millrace-bootstrap"
  administrators     = { platform = "arn:aws:iam::111122223333:role/platform" }
  viewers            = { teams = "arn:aws:iam::111122223333:role/teams" }
  is_protected       = false
}

run "the_cluster_is_private_encrypted_and_logged" {
  command = plan
  module {
    source = "./modules/eks"
  }

  assert {
    condition     = aws_eks_cluster.cluster.vpc_config[0].endpoint_private_access && !aws_eks_cluster.cluster.vpc_config[0].endpoint_public_access
    error_message = "The API server is reached inside of the VPC only."
  }

  assert {
    condition     = aws_eks_cluster.cluster.encryption_config[0].provider[0].key_arn == var.key_arn
    error_message = "What the cluster stores is encrypted by its own key."
  }

  assert {
    condition     = length(aws_eks_cluster.cluster.enabled_cluster_log_types) == 5 && aws_cloudwatch_log_group.control_plane.kms_key_id == var.logs_key_arn
    error_message = "All five kinds of logs are on, and encrypted."
  }

  assert {
    condition     = aws_eks_cluster.cluster.access_config[0].authentication_mode == "API" && !aws_eks_cluster.cluster.access_config[0].bootstrap_cluster_creator_admin_permissions
    error_message = "Access is by entries alone."
  }
}

run "profiles_are_those_of_the_catalog" {
  command = plan
  module {
    source = "./modules/eks"
  }

  assert {
    condition     = output.inventory["Fargate profiles"] == 3 && toset(keys(aws_eks_fargate_profile.profile)) == toset(keys(var.catalog.fargate_profiles))
    error_message = "One profile for each of the catalog's, and no other."
  }

  assert {
    condition     = aws_eks_fargate_profile.profile["dev-zone-b-00000002"].subnet_ids == toset(["subnet-0000000000000000b"])
    error_message = "The profile of a zone has that zone's subnet alone."
  }

  assert {
    condition     = length(aws_eks_fargate_profile.profile["dev-platform-00000003"].selector) == 2
    error_message = "Every selector is there."
  }

  assert {
    condition     = jsondecode(aws_eks_addon.coredns.configuration_values).computeType == "Fargate"
    error_message = "CoreDNS is told that it runs on Fargate."
  }

  assert {
    condition     = jsondecode(aws_iam_role.pod_execution.assume_role_policy).Statement[0].Condition.ArnLike["aws:SourceArn"] == "arn:aws:eks:us-east-1:111122223333:fargateprofile/dev-millrace/*"
    error_message = "Only this cluster's profiles take the role."
  }
}

run "a_retiring_profile_stays_beside_the_new_ones" {
  command = plan
  module {
    source = "./modules/eks"
  }
  variables {
    retiring_profiles = {
      dev-any-0000000f = { selectors = [{ namespace = "*", labels = { "millrace.dev/zone" = "any" } }], zones = ["a"] }
    }
  }

  assert {
    condition     = output.inventory["Fargate profiles"] == 4 && length(output.fargate_profiles["dev-platform-00000003"].selectors) == 2
    error_message = "Pods that name the old profile keep it."
  }
}

run "only_named_roles_enter" {
  command = plan
  module {
    source = "./modules/eks"
  }
  variables {
    break_glass = { on-call = "arn:aws:iam::111122223333:role/on-call" }
  }

  assert {
    condition = { for name, association in aws_eks_access_policy_association.entry : name => basename(association.policy_arn) } == {
      bootstrap              = "AmazonEKSClusterAdminPolicy"
      administrator-platform = "AmazonEKSClusterAdminPolicy"
      viewer-teams           = "AmazonEKSViewPolicy"
      break-glass-on-call    = "AmazonEKSClusterAdminPolicy"
    }
    error_message = "Each entry has its policy."
  }

  assert {
    condition = {
      for name, entry in aws_eks_access_entry.entry : name => entry.kubernetes_groups if length(entry.kubernetes_groups) > 0
    } == { break-glass-on-call = toset(["millrace:break-glass"]) }
    error_message = "Only who breaks the glass is in its group."
  }
}

run "a_scheduled_termination_is_told" {
  command = plan
  module {
    source = "./modules/eks"
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.termination.event_pattern) == {
      source      = ["aws.eks"]
      detail-type = ["EKS Fargate Pod Scheduled Termination"]
      detail      = { clusterName = ["dev-millrace"] }
    }
    error_message = "The rule hears this cluster's notices."
  }

  assert {
    condition     = endswith(aws_cloudwatch_event_target.termination.dead_letter_config[0].arn, ":${aws_sqs_queue.termination_dead_letters.name}") && aws_sqs_queue.termination_dead_letters.kms_master_key_id == var.alerts_key_arn
    error_message = "The target has an encrypted dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.termination_dead_letters.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == "arn:aws:events:us-east-1:111122223333:rule/dev-millrace-fargate-termination"
    error_message = "Only this rule writes to the queue."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.termination_dead_letters.threshold == 0 && aws_cloudwatch_metric_alarm.termination_dead_letters.alarm_actions == toset([var.alerts_topic_arn])
    error_message = "One dead letter is an alarm."
  }
}

run "refuses_more_profiles_than_the_quota" {
  command = plan
  module {
    source = "./modules/eks"
  }
  variables {
    profile_quota = 2
  }
  expect_failures = [var.profile_quota]
}

run "refuses_a_zone_that_is_not_there" {
  command = plan
  module {
    source = "./modules/eks"
  }
  variables {
    zones = {
      a = { app_subnet_id = "subnet-0000000000000000a" }
      c = { app_subnet_id = "subnet-0000000000000000c" }
    }
  }
  expect_failures = [var.zones]
}

run "refuses_the_whole_internet" {
  command = plan
  module {
    source = "./modules/eks"
  }
  variables {
    public_access_cidrs = ["0.0.0.0/0"]
  }
  expect_failures = [var.public_access_cidrs]
}

run "refuses_a_role_in_two_places" {
  command = plan
  module {
    source = "./modules/eks"
  }
  variables {
    break_glass = { platform = "arn:aws:iam::111122223333:role/platform" }
  }
  expect_failures = [var.break_glass]
}

run "refuses_two_profiles_for_the_same_pods" {
  command = plan
  module {
    source = "./modules/eks"
  }
  variables {
    catalog = {
      environment = "dev"
      cluster     = "dev-millrace"
      region      = "us-east-1"
      account     = "111122223333"
      services    = { order = { namespace = "order" } }
      fargate_profiles = {
        dev-order-00000001    = { selectors = [{ namespace = "ord?r", labels = {} }], zones = ["a"] }
        dev-all-00000002      = { selectors = [{ namespace = "o*", labels = {} }], zones = ["b"] }
        dev-platform-00000003 = { selectors = [{ namespace = "kube-system", labels = {} }], zones = ["a"] }
      }
    }
  }
  expect_failures = [aws_eks_fargate_profile.profile]
}

run "refuses_a_namespace_without_a_profile" {
  command = plan
  module {
    source = "./modules/eks"
  }
  variables {
    catalog = {
      environment = "dev"
      cluster     = "dev-millrace"
      region      = "us-east-1"
      account     = "111122223333"
      services    = { order = { namespace = "order" } }
      fargate_profiles = {
        dev-platform-00000003 = { selectors = [{ namespace = "kube-system", labels = {} }], zones = ["a"] }
      }
    }
  }
  expect_failures = [aws_eks_fargate_profile.profile]
}

run "refuses_a_profile_with_six_selectors" {
  command = plan
  module {
    source = "./modules/eks"
  }
  variables {
    catalog = {
      environment = "dev"
      cluster     = "dev-millrace"
      region      = "us-east-1"
      account     = "111122223333"
      services    = {}
      fargate_profiles = {
        dev-platform-00000003 = {
          selectors = [
            { namespace = "kube-system", labels = {} }, { namespace = "b", labels = {} }, { namespace = "c", labels = {} },
            { namespace = "d", labels = {} }, { namespace = "e", labels = {} }, { namespace = "f", labels = {} },
          ]
          zones = ["a"]
        }
      }
    }
  }
  expect_failures = [var.catalog]
}

run "refuses_an_unprotected_prod" {
  command = plan
  module {
    source = "./modules/eks"
  }
  variables {
    catalog = {
      environment = "prod"
      cluster     = "prod-millrace"
      region      = "us-east-1"
      account     = "777788889999"
      services    = {}
      fargate_profiles = {
        prod-platform-00000003 = { selectors = [{ namespace = "kube-system", labels = {} }], zones = ["a"] }
      }
    }
  }
  expect_failures = [var.is_protected]
}
