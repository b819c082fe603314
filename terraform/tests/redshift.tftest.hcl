variables {
  catalog = {
    environment = "dev"
    cluster     = "dev-millrace"
    account     = "111122223333"
    region      = "us-east-1"
    services = {
      analytics = { uses_warehouse = true }
      order     = { uses_warehouse = false }
    }
  }
  zones = {
    a = { name = "us-east-1a", data_subnet_id = "subnet-0000000000000000a" }
    b = { name = "us-east-1b", data_subnet_id = "subnet-0000000000000000b" }
    c = { name = "us-east-1c", data_subnet_id = "subnet-0000000000000000c" }
  }
  vpc_id                = "vpc-00000000000000001"
  key_arn               = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-4333-8444-555555555555"
  logs_key_arn          = "arn:aws:kms:us-east-1:111122223333:key/22222222-2222-4333-8444-555555555555"
  log_retention_days    = 14
  base_capacity         = 8
  max_capacity          = 16
  usage_limit_rpu_hours = 48
  lake_bucket_arn       = "arn:aws:s3:::dev-millrace-lake-111122223333"
  lake_key_arn          = "arn:aws:kms:us-east-1:111122223333:key/33333333-2222-4333-8444-555555555555"
  security_group_ids    = { analytics = "sg-0000000000000000a", order = "sg-0000000000000000e" }
  alerts_topic_arn      = "arn:aws:sns:us-east-1:111122223333:dev-millrace-alerts"
}

run "data_is_encrypted_private_and_reached_with_tls" {
  command = plan
  module {
    source = "./modules/redshift"
  }

  assert {
    condition     = aws_redshiftserverless_namespace.this.namespace_name == "dev-millrace" && aws_redshiftserverless_workgroup.this.workgroup_name == "dev-millrace"
    error_message = "Namespace and workgroup are called like the cluster."
  }
  assert {
    condition     = aws_redshiftserverless_namespace.this.kms_key_id == var.key_arn && aws_redshiftserverless_namespace.this.admin_password_secret_kms_key_id == var.key_arn
    error_message = "Data and password are encrypted with our key."
  }
  assert {
    condition     = aws_redshiftserverless_namespace.this.manage_admin_password && aws_redshiftserverless_namespace.this.admin_user_password == null
    error_message = "Redshift keeps the administrator's password; the state does not know it."
  }
  assert {
    condition     = !aws_redshiftserverless_workgroup.this.publicly_accessible && aws_redshiftserverless_workgroup.this.enhanced_vpc_routing && length(aws_redshiftserverless_workgroup.this.subnet_ids) == 3
    error_message = "The workgroup is private, in three subnets, and its traffic stays in the VPC."
  }
  assert {
    condition     = one([for each in aws_redshiftserverless_workgroup.this.config_parameter : each.parameter_value if each.parameter_key == "require_ssl"]) == "true"
    error_message = "Connections without TLS are refused."
  }
  assert {
    condition     = { for log, group in aws_cloudwatch_log_group.audit : log => group.name } == { connectionlog = "/aws/redshift/dev-millrace/connectionlog", userlog = "/aws/redshift/dev-millrace/userlog" }
    error_message = "Each audit log has its group, and there is none of queries."
  }
  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.audit : group.kms_key_id == var.logs_key_arn && group.retention_in_days == 14])
    error_message = "Logs are encrypted with our key and end."
  }
}

run "use_is_limited" {
  command = plan
  module {
    source = "./modules/redshift"
  }

  assert {
    condition     = aws_redshiftserverless_workgroup.this.base_capacity == 8 && aws_redshiftserverless_workgroup.this.max_capacity == 16
    error_message = "The capacity is that of the environment."
  }
  assert {
    condition = { for name, limit in aws_redshiftserverless_usage_limit.this : name => [tostring(limit.amount), limit.period, limit.breach_action] } == {
      warn = ["38", "monthly", "emit-metric"]
      stop = ["48", "monthly", "deactivate"]
    }
    error_message = "A metric rises at four fifths of a month's RPU hours, and queries end at all of them."
  }
}

run "only_what_is_needed_may_pass" {
  command = apply
  module {
    source = "./modules/redshift"
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.copy.policy).Statement : statement.Sid => toset(flatten([statement.Action, statement.Resource])) } == {
      ListLake   = toset(["s3:GetBucketLocation", "s3:ListBucket", "arn:aws:s3:::dev-millrace-lake-111122223333"])
      ReadLake   = toset(["s3:GetObject", "arn:aws:s3:::dev-millrace-lake-111122223333/*"])
      UseLakeKey = toset(["kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/33333333-2222-4333-8444-555555555555"])
    }
    error_message = "COPY reads the lake, and may nothing else."
  }
  assert {
    condition = merge(one(jsondecode(aws_iam_role.copy.assume_role_policy).Statement), {
      Principal = { Service = sort(one(jsondecode(aws_iam_role.copy.assume_role_policy).Statement).Principal.Service) }
      }) == {
      Sid       = "OnlyOurWarehouses"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = tolist(["redshift-serverless.amazonaws.com", "redshift.amazonaws.com"]) }
      Condition = { StringLike = { "sts:ExternalId" = "arn:aws:redshift:us-east-1:111122223333:dbuser:serverless-111122223333-*/*" } }
    }
    error_message = "Only Redshift takes the role, for database users of this account."
  }
  assert {
    condition     = aws_redshiftserverless_namespace.this.default_iam_role_arn == aws_iam_role.copy.arn && aws_redshiftserverless_namespace.this.iam_roles == toset([aws_iam_role.copy.arn])
    error_message = "The role is the namespace's default, and its only one."
  }
  assert {
    condition     = { for name, rule in aws_vpc_security_group_ingress_rule.service : name => [rule.referenced_security_group_id, tostring(rule.from_port)] } == { analytics = ["sg-0000000000000000a", "5439"] }
    error_message = "Services that use the warehouse come in, and no other."
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.s3.from_port == 443 && aws_vpc_security_group_egress_rule.s3.cidr_ipv4 == null
    error_message = "The warehouse reaches S3 and nothing else."
  }
  assert {
    condition     = output.port == 5439 && output.database == "analytics" && output.inventory["warehouse usage limits"] == 2
    error_message = "The outputs tell what was built."
  }
}

run "each_night_takes_a_snapshot" {
  command = apply
  module {
    source = "./modules/redshift"
  }

  assert {
    condition = jsondecode(aws_scheduler_schedule.snapshot.target[0].input) == {
      NamespaceName   = "dev-millrace"
      SnapshotName    = "dev-millrace-<aws.scheduler.execution-id>"
      RetentionPeriod = 35
    }
    error_message = "The snapshot is one of the namespace, with a name of its own, and is kept for 35 days."
  }
  assert {
    condition     = strcontains(aws_scheduler_schedule.snapshot.target[0].input, "<aws.scheduler.execution-id>")
    error_message = "The scheduler finds its placeholder by its brackets, which must not be escaped."
  }
  assert {
    condition     = aws_scheduler_schedule.snapshot.target[0].dead_letter_config[0].arn == aws_sqs_queue.snapshot_dead_letters.arn && aws_sqs_queue.snapshot_dead_letters.kms_master_key_id == var.key_arn
    error_message = "What cannot be done is kept in a dead-letter queue, encrypted with our key."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.snapshot.alarm_actions == toset([var.alerts_topic_arn]) && aws_cloudwatch_metric_alarm.snapshot.dimensions["QueueName"] == aws_sqs_queue.snapshot_dead_letters.name
    error_message = "Somebody hears of a snapshot that is missing."
  }
  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.snapshot.policy).Statement : statement.Sid => toset(flatten([statement.Action, statement.Resource])) } == {
      TakeSnapshots   = toset(["redshift-serverless:CreateSnapshot", aws_redshiftserverless_namespace.this.arn, "arn:aws:redshift-serverless:us-east-1:111122223333:snapshot/*"])
      SendDeadLetters = toset(["sqs:SendMessage", aws_sqs_queue.snapshot_dead_letters.arn])
      UseKey          = toset(["kms:Decrypt", "kms:GenerateDataKey", var.key_arn])
    }
    error_message = "The scheduler takes snapshots of this namespace, and may nothing else."
  }
}

run "two_zones_are_refused" {
  command = plan
  module {
    source = "./modules/redshift"
  }
  variables {
    zones = {
      a = { name = "us-east-1a", data_subnet_id = "subnet-0000000000000000a" }
      b = { name = "us-east-1b", data_subnet_id = "subnet-0000000000000000b" }
    }
  }
  expect_failures = [var.zones]
}

run "a_capacity_between_the_steps_is_refused" {
  command = plan
  module {
    source = "./modules/redshift"
  }
  variables {
    base_capacity = 12
  }
  expect_failures = [var.base_capacity]
}

run "a_maximum_below_the_base_is_refused" {
  command = plan
  module {
    source = "./modules/redshift"
  }
  variables {
    base_capacity = 32
  }
  expect_failures = [var.max_capacity]
}

run "a_limit_below_one_hour_is_refused" {
  command = plan
  module {
    source = "./modules/redshift"
  }
  variables {
    usage_limit_rpu_hours = 4
  }
  expect_failures = [var.usage_limit_rpu_hours]
}

run "a_part_of_a_bucket_is_refused" {
  command = plan
  module {
    source = "./modules/redshift"
  }
  variables {
    lake_bucket_arn = "arn:aws:s3:::*"
  }
  expect_failures = [var.lake_bucket_arn]
}

run "a_service_without_a_security_group_is_refused" {
  command = plan
  module {
    source = "./modules/redshift"
  }
  variables {
    security_group_ids = {}
  }
  expect_failures = [var.security_group_ids]
}

run "an_odd_retention_is_refused" {
  command = plan
  module {
    source = "./modules/redshift"
  }
  variables {
    log_retention_days = 100
  }
  expect_failures = [var.log_retention_days]
}
