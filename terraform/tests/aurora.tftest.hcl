variables {
  catalog = {
    environment = "dev"
    cluster     = "dev-millrace"
    account     = "111122223333"
    region      = "us-east-1"
    services = {
      order     = { database = { name = "order", user = "order" } }
      user      = { database = { name = "user", user = "user" } }
      dashboard = { database = null }
    }
  }
  zones = {
    a = { name = "us-east-1a", data_subnet_id = "subnet-0000000000000000a" }
    b = { name = "us-east-1b", data_subnet_id = "subnet-0000000000000000b" }
    c = { name = "us-east-1c", data_subnet_id = "subnet-0000000000000000c" }
  }
  vpc_id             = "vpc-00000000000000001"
  key_arn            = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-4333-8444-555555555555"
  logs_key_arn       = "arn:aws:kms:us-east-1:111122223333:key/22222222-2222-4333-8444-555555555555"
  log_retention_days = 14
  capacity           = { min = 1, max = 2 }
  max_connections    = 900
  engine_version     = "17.6"
  backup_days        = 7
  is_protected       = false
  security_group_ids = { order = "sg-0000000000000000a", user = "sg-0000000000000000b", dashboard = "sg-0000000000000000d" }
  function_zip       = "./functions/dist/databases.zip"
  alerts_topic_arn   = "arn:aws:sns:us-east-1:111122223333:dev-millrace-alerts"
}

run "data_is_encrypted_private_and_backed_up" {
  command = plan
  module {
    source = "./modules/aurora"
  }

  assert {
    condition     = aws_rds_cluster.this.storage_encrypted && aws_rds_cluster.this.kms_key_id == var.key_arn && aws_rds_cluster.this.master_user_secret_kms_key_id == var.key_arn
    error_message = "Data and master password are encrypted with our key."
  }
  assert {
    condition     = aws_rds_cluster.this.manage_master_user_password && aws_rds_cluster.this.master_password == null && aws_rds_cluster.this.iam_database_authentication_enabled
    error_message = "RDS keeps the master password, services sign in with IAM."
  }
  assert {
    condition     = aws_rds_cluster.this.backup_retention_period == 7 && !aws_rds_cluster.this.deletion_protection && aws_rds_cluster.this.skip_final_snapshot && aws_rds_cluster.this.copy_tags_to_snapshot
    error_message = "Backups and protection are those of the environment."
  }
  assert {
    condition     = one(aws_rds_cluster.this.serverlessv2_scaling_configuration).min_capacity == 1 && one(aws_rds_cluster.this.serverlessv2_scaling_configuration).max_capacity == 2
    error_message = "The capacity is that of the environment."
  }
  assert {
    condition     = length(aws_db_subnet_group.this.subnet_ids) == 3 && alltrue([for instance in aws_rds_cluster_instance.this : !instance.publicly_accessible])
    error_message = "The cluster stands in the data subnets of all zones, and no instance has a public address."
  }
  assert {
    condition     = aws_rds_cluster.this.enable_http_endpoint
    error_message = "The function that makes the databases needs the Data API."
  }
}

run "writer_and_reader_stand_in_different_zones" {
  command = plan
  module {
    source = "./modules/aurora"
  }

  assert {
    condition     = { for letter, instance in aws_rds_cluster_instance.this : letter => [instance.identifier, instance.availability_zone] } == { a = ["dev-millrace-a", "us-east-1a"], b = ["dev-millrace-b", "us-east-1b"] }
    error_message = "There are two instances, each in its zone."
  }
  assert {
    condition     = alltrue([for instance in aws_rds_cluster_instance.this : instance.instance_class == "db.serverless" && instance.promotion_tier <= 1])
    error_message = "Both are of Serverless v2, and each is ready to take over."
  }
  assert {
    condition     = alltrue([for instance in aws_rds_cluster_instance.this : instance.performance_insights_enabled && instance.performance_insights_kms_key_id == var.key_arn && instance.monitoring_interval == 60])
    error_message = "Performance Insights is on with our key, and so is enhanced monitoring."
  }
}

run "postgresql_wants_tls_and_logs_no_values" {
  command = plan
  module {
    source = "./modules/aurora"
  }

  assert {
    condition     = aws_rds_cluster_parameter_group.this.family == "aurora-postgresql17" && aws_rds_cluster_parameter_group.this.name == "dev-millrace-aurora-postgresql17"
    error_message = "The parameter group is of the engine's major version."
  }
  assert {
    condition = {
      for each in aws_rds_cluster_parameter_group.this.parameter : each.name => each.value
      if contains(["rds.force_ssl", "max_connections", "log_parameter_max_length", "log_min_duration_statement"], each.name)
      } == {
      "rds.force_ssl"              = "1"
      "max_connections"            = "900"
      "log_parameter_max_length"   = "0"
      "log_min_duration_statement" = "1000"
    }
    error_message = "Connections without TLS are refused, and slow statements are logged without their values."
  }
  assert {
    condition     = aws_rds_cluster.this.enabled_cloudwatch_logs_exports == toset(["postgresql", "iam-db-auth-error"])
    error_message = "Both logs are exported."
  }
  assert {
    condition     = alltrue([for log, group in aws_cloudwatch_log_group.postgresql : group.name == "/aws/rds/cluster/dev-millrace/${log}" && group.kms_key_id == var.logs_key_arn && group.retention_in_days == 14])
    error_message = "Each exported log has its group, encrypted with our key, and ends."
  }
}

run "the_function_makes_what_the_catalog_says_and_may_nothing_else" {
  command = apply
  module {
    source = "./modules/aurora"
  }

  assert {
    condition     = jsondecode(aws_lambda_invocation.databases.input) == { databases = [{ name = "order", user = "order" }, { name = "user", user = "user" }] }
    error_message = "The function is told the databases of the catalog."
  }
  assert {
    condition     = aws_lambda_function.databases.environment[0].variables == tomap({ CLUSTER_ARN = aws_rds_cluster.this.arn, SECRET_ARN = aws_rds_cluster.this.master_user_secret[0].secret_arn })
    error_message = "The function knows the cluster and the secret of its master user."
  }
  assert {
    condition     = aws_lambda_function.databases.kms_key_arn == var.key_arn && aws_lambda_function.databases.reserved_concurrent_executions == 1 && aws_lambda_function.databases.tracing_config[0].mode == "Active"
    error_message = "Its variables are encrypted with our key, it runs once at a time and is traced."
  }
  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.databases.policy).Statement : statement.Sid => toset(flatten([statement.Action, statement.Resource])) } == {
      RunSql             = toset(["rds-data:ExecuteStatement", aws_rds_cluster.this.arn])
      SignInAsMaster     = toset(["secretsmanager:GetSecretValue", aws_rds_cluster.this.master_user_secret[0].secret_arn])
      ReadMasterPassword = toset(["kms:Decrypt", var.key_arn])
      WriteLog           = toset(["logs:CreateLogStream", "logs:PutLogEvents", "${aws_cloudwatch_log_group.databases.arn}:*"])
      WriteTraces        = toset(["xray:PutTelemetryRecords", "xray:PutTraceSegments", "*"])
    }
    error_message = "The function runs SQL on this cluster as its master, logs and traces."
  }
  assert {
    condition     = toset(one(jsondecode(aws_iam_role.monitoring.assume_role_policy).Statement).Condition.StringEquals["aws:SourceArn"]) == toset(["arn:aws:rds:us-east-1:111122223333:db:dev-millrace-a", "arn:aws:rds:us-east-1:111122223333:db:dev-millrace-b"])
    error_message = "RDS takes the monitoring role for these two instances only."
  }
  assert {
    condition     = { for name, rule in aws_vpc_security_group_ingress_rule.service : name => [rule.referenced_security_group_id, tostring(rule.from_port)] } == { order = ["sg-0000000000000000a", "5432"], user = ["sg-0000000000000000b", "5432"] }
    error_message = "Services with a database come in, and no other."
  }
  assert {
    condition     = aws_db_event_subscription.this.sns_topic == var.alerts_topic_arn && contains(aws_db_event_subscription.this.event_categories, "failover")
    error_message = "The alerts topic hears of failovers."
  }
  assert {
    condition     = output.port == 5432 && output.max_connections == 900 && output.inventory["database instances"] == 2 && output.inventory["databases of services"] == 2
    error_message = "The outputs tell what was built."
  }
}

run "prod_is_protected" {
  command = plan
  module {
    source = "./modules/aurora"
  }
  variables {
    catalog      = { environment = "prod", cluster = "prod-millrace", account = "777788889999", region = "us-east-1", services = {} }
    backup_days  = 35
    is_protected = true
  }

  assert {
    condition     = aws_rds_cluster.this.deletion_protection && !aws_rds_cluster.this.skip_final_snapshot && aws_rds_cluster.this.backup_retention_period == 35
    error_message = "prod cannot be deleted by mistake, and leaves a snapshot."
  }
}

run "prod_without_protection_is_refused" {
  command = plan
  module {
    source = "./modules/aurora"
  }
  variables {
    catalog     = { environment = "prod", cluster = "prod-millrace", account = "777788889999", region = "us-east-1", services = {} }
    backup_days = 35
  }
  expect_failures = [aws_rds_cluster.this]
}

run "prod_with_short_backups_is_refused" {
  command = plan
  module {
    source = "./modules/aurora"
  }
  variables {
    catalog      = { environment = "prod", cluster = "prod-millrace", account = "777788889999", region = "us-east-1", services = {} }
    is_protected = true
  }
  expect_failures = [aws_rds_cluster.this]
}

run "backups_beyond_what_aurora_keeps_are_refused" {
  command = plan
  module {
    source = "./modules/aurora"
  }
  variables {
    backup_days = 60
  }
  expect_failures = [var.backup_days]
}

run "a_single_zone_is_refused" {
  command = plan
  module {
    source = "./modules/aurora"
  }
  variables {
    zones = { a = { name = "us-east-1a", data_subnet_id = "subnet-0000000000000000a" } }
  }
  expect_failures = [var.zones]
}

run "a_database_that_sleeps_is_refused" {
  command = plan
  module {
    source = "./modules/aurora"
  }
  variables {
    capacity = { min = 0, max = 2 }
  }
  expect_failures = [var.capacity]
}

run "a_maximum_below_the_minimum_is_refused" {
  command = plan
  module {
    source = "./modules/aurora"
  }
  variables {
    capacity = { min = 4, max = 2 }
  }
  expect_failures = [var.capacity]
}

run "more_connections_than_memory_are_refused" {
  command = plan
  module {
    source = "./modules/aurora"
  }
  variables {
    max_connections = 2000
  }
  expect_failures = [var.max_connections]
}

run "a_major_version_alone_is_refused" {
  command = plan
  module {
    source = "./modules/aurora"
  }
  variables {
    engine_version = "17"
  }
  expect_failures = [var.engine_version]
}

run "a_service_without_a_security_group_is_refused" {
  command = plan
  module {
    source = "./modules/aurora"
  }
  variables {
    security_group_ids = { order = "sg-0000000000000000a" }
  }
  expect_failures = [var.security_group_ids]
}

run "a_function_that_is_not_built_is_refused" {
  command = plan
  module {
    source = "./modules/aurora"
  }
  variables {
    function_zip = "./functions/dist/nothing.zip"
  }
  # Reading the missing file fails too.
  expect_failures = [var.function_zip]
}
