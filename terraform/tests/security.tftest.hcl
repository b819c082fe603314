variables {
  catalog = {
    environment        = "prod"
    account            = "123456789012"
    region             = "us-east-1"
    cluster            = "prod-millrace"
    log_retention_days = 365
    keys = [
      "alias/prod-millrace-bucket-products", "alias/prod-millrace-bucket-uploads", "alias/prod-millrace-queues-order",
      "alias/prod-millrace-queues-product", "alias/prod-millrace-releases", "alias/prod-millrace-secrets",
    ]
    services = {
      order = {
        repository = "millrace/order"
        secrets    = { SIGNING_KEY = { name = "prod/millrace/order/signing-key", key = "alias/prod-millrace-secrets" } }
      }
      product = {
        repository = "millrace/product"
        secrets    = { SIGNING_KEY = { name = "prod/millrace/product/signing-key", key = "alias/prod-millrace-secrets" } }
      }
      dashboard = { repository = "millrace/dashboard", secrets = {} }
    }
  }
  logs_bucket = {
    name        = "prod-millrace-logs-123456789012"
    arn         = "arn:aws:s3:::prod-millrace-logs-123456789012"
    domain_name = "prod-millrace-logs-123456789012.s3.amazonaws.com"
  }
  alerts_topic_arn      = "arn:aws:sns:us-east-1:123456789012:prod-millrace-alerts"
  next_release_role_arn = null
  rotation_zip          = "functions/dist/rotation.zip"
  rotation_days         = 90
  detectors             = ["access-analyzer", "cloudtrail", "config", "guardduty", "securityhub"]
}

run "keys_are_the_catalogs_and_the_platforms" {
  command = plan
  module { source = "./modules/security" }

  assert {
    condition     = length(aws_kms_key.this) == 18 && length(aws_kms_alias.this) == 18
    error_message = "There is a key with its alias for each of the catalog's 6 and the platform's 12."
  }
  assert {
    condition     = alltrue([for key in aws_kms_key.this : key.enable_key_rotation && key.deletion_window_in_days == 30])
    error_message = "Every key is rotated, and can be had back for 30 days."
  }
  assert {
    condition = alltrue(flatten([
      for key in aws_kms_key.this : [
        for statement in jsondecode(key.policy).Statement : [for action in flatten([statement.Action]) : !strcontains(action, "*")]
      ]
    ]))
    error_message = "A key's policy names each action."
  }
  assert {
    condition = alltrue(flatten([
      for key in aws_kms_key.this : [
        for statement in jsondecode(key.policy).Statement :
        try(statement.Principal.Service, "") == "" || can(statement.Condition) || statement.Sid == "EventBridgeLooks"
      ]
    ]))
    error_message = "No service may use a key without a condition."
  }
}

run "eventbridge_writes_to_the_queues_of_one_service_with_its_key" {
  command = plan
  module { source = "./modules/security" }

  assert {
    condition = [
      for statement in jsondecode(aws_kms_key.this["alias/prod-millrace-queues-order"].policy).Statement : {
        actions  = toset(statement.Action)
        tests    = keys(statement.Condition)
        rules    = toset(statement.Condition.ArnLike["aws:SourceArn"])
        contexts = toset(flatten([statement.Condition.ArnLike["kms:EncryptionContext:aws:sqs:arn"]]))
      } if try(statement.Principal.Service, "") == "events.amazonaws.com"
      ] == [{
        actions = toset(["kms:Decrypt", "kms:GenerateDataKey"])
        tests   = ["ArnLike"]
        rules = toset([
          "arn:aws:events:us-east-1:123456789012:rule/prod-millrace-order-*",
          "arn:aws:events:us-east-1:123456789012:rule/prod-millrace/prod-millrace-order-*",
        ])
        contexts = toset(["arn:aws:sqs:us-east-1:123456789012:prod-millrace-order-*"])
    }]
    error_message = "EventBridge may use a queue's key for the rules and queues of its service alone."
  }
  assert {
    condition = [
      for statement in jsondecode(aws_kms_key.this["alias/prod-millrace-alerts"].policy).Statement : keys(statement.Condition.ArnLike)
      if statement.Sid == "EventBridgePublishes"
    ] == [["kms:EncryptionContext:aws:sns:topicArn"]]
    error_message = "To a topic EventBridge names no account and no rule: a condition on them would lose every alert."
  }
  assert {
    condition = alltrue([for purpose, service in {
      alerts = "cloudwatch.amazonaws.com"
      logs   = "logs.us-east-1.amazonaws.com"
      trail  = "cloudtrail.amazonaws.com"
      bus    = "events.amazonaws.com"
      } : contains(
      [for statement in jsondecode(aws_kms_key.this["alias/prod-millrace-${purpose}"].policy).Statement : try(statement.Principal.Service, "")],
      service
    )])
    error_message = "A service that writes into a store by itself may use its key."
  }
  assert {
    condition = [
      for statement in jsondecode(aws_kms_key.this["alias/prod-millrace-bucket-products"].policy).Statement : statement.Action
      if try(statement.Principal.Service, "") == "cloudfront.amazonaws.com"
    ] == ["kms:Decrypt"]
    error_message = "CloudFront reads pictures of products and nothing else."
  }
}

run "secrets_rotate_and_no_value_is_in_the_state" {
  command = plan
  module { source = "./modules/security" }

  assert {
    condition     = toset([for secret in aws_secretsmanager_secret.this : secret.name]) == toset(["prod/millrace/order/signing-key", "prod/millrace/product/signing-key"])
    error_message = "There is a secret for each of the catalog's."
  }
  assert {
    condition     = alltrue([for rotation in aws_secretsmanager_secret_rotation.this : rotation.rotation_rules[0].automatically_after_days == 90 && !rotation.rotate_immediately])
    error_message = "Every secret rotates after 90 days, and not when it is made."
  }
  assert {
    condition     = keys(aws_lambda_invocation.first_value) == keys(aws_secretsmanager_secret_rotation.this)
    error_message = "The function gives each secret its first value."
  }
  assert {
    condition     = output.inventory.secrets == 2 && output.inventory.rotations == 2
    error_message = "The inventory counts them."
  }
}

run "the_function_may_do_no_more_than_rotate" {
  command = apply
  module { source = "./modules/security" }

  assert {
    condition = flatten([
      for statement in jsondecode(aws_iam_role_policy.rotation.policy).Statement : statement.Sid
      if contains(flatten([statement.Resource]), "*")
    ]) == ["SendTraces"]
    error_message = "Only X-Ray, which knows no resource, is allowed for all."
  }
  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.rotation.policy).Statement : statement.Resource if statement.Sid == "RotateTheSecrets"
    ])) == toset(values(aws_secretsmanager_secret.this)[*].arn)
    error_message = "It reads and writes the catalog's secrets."
  }
  assert {
    condition     = aws_lambda_function.rotation.runtime == "nodejs24.x" && aws_lambda_function.rotation.dead_letter_config[0].target_arn == aws_sqs_queue.undelivered.arn
    error_message = "The function runs on Node 24 and keeps what failed."
  }
  assert {
    condition     = aws_lambda_permission.rotation.principal == "secretsmanager.amazonaws.com" && aws_lambda_permission.rotation.source_account == "123456789012"
    error_message = "Secrets Manager calls it, for this account."
  }
  assert {
    condition     = output.secret_arns["order"]["SIGNING_KEY"] == aws_secretsmanager_secret.this["order/SIGNING_KEY"].arn && length(output.secret_arns["dashboard"]) == 0
    error_message = "The output names secrets by service and variable."
  }
  assert {
    condition     = alltrue([for target in aws_cloudwatch_event_target.alerts : target.dead_letter_config[0].arn == aws_sqs_queue.undelivered.arn])
    error_message = "Every target has a dead-letter queue."
  }
  assert {
    condition     = aws_sqs_queue.undelivered.kms_master_key_id == output.platform_key_arns["alerts"]
    error_message = "The dead-letter queue is encrypted."
  }
}

run "repositories_are_immutable_and_scanned" {
  command = plan
  module { source = "./modules/security" }

  assert {
    condition = alltrue([
      for repository in aws_ecr_repository.this :
      repository.image_tag_mutability == "IMMUTABLE" && repository.image_scanning_configuration[0].scan_on_push && repository.encryption_configuration[0].encryption_type == "KMS"
    ])
    error_message = "Tags stay, images are scanned and encrypted."
  }
  assert {
    condition     = alltrue([for policy in aws_ecr_lifecycle_policy.this : jsondecode(policy.policy).rules[*].selection.tagStatus == ["untagged"]])
    error_message = "An image with a tag never goes by itself: a release may name it."
  }
  assert {
    condition     = length(aws_ecr_repository_policy.next) == 0 && output.registry == "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    error_message = "Nobody else reads the last environment's images."
  }
}

run "the_next_environment_reads_images" {
  command = plan
  module { source = "./modules/security" }
  variables {
    next_release_role_arn = "arn:aws:iam::210987654321:role/staging-millrace-release"
  }

  assert {
    condition = [
      for statement in jsondecode(aws_ecr_repository_policy.next["order"].policy).Statement : [statement.Principal.AWS, statement.Condition.ArnEquals["aws:PrincipalArn"]]
    ] == [["arn:aws:iam::210987654321:root", "arn:aws:iam::210987654321:role/staging-millrace-release"]]
    error_message = "That role of that account, and no other."
  }
}

run "prod_is_watched" {
  command = plan
  module { source = "./modules/security" }

  assert {
    condition = alltrue([
      for trail in aws_cloudtrail.this : trail.is_multi_region_trail && trail.enable_log_file_validation &&
      contains(flatten(trail.advanced_event_selector[*].field_selector[*].starts_with), "arn:aws:s3:::prod-millrace-documents-123456789012/")
    ]) && length(aws_cloudtrail.this) == 1
    error_message = "The trail covers all regions, is validated, and has who touches documents."
  }
  assert {
    condition     = aws_guardduty_detector_feature.this["EKS_AUDIT_LOGS"].status == "ENABLED"
    error_message = "GuardDuty reads the cluster's audit log."
  }
  assert {
    condition     = toset([for standard in aws_securityhub_standards_subscription.this : regex("cis|pci", standard.standards_arn)]) == toset(["cis", "pci"])
    error_message = "Security Hub judges by CIS and PCI DSS."
  }
  assert {
    condition     = toset(keys(aws_cloudwatch_event_rule.alerts)) == toset(["access-analyzer", "guardduty", "rotation", "securityhub"])
    error_message = "People are told of findings and of rotations."
  }
  assert {
    condition     = aws_s3_account_public_access_block.this.restrict_public_buckets && aws_ebs_encryption_by_default.this.enabled
    error_message = "The account refuses public buckets and plain volumes."
  }
}

run "dev_may_do_with_less" {
  command = plan
  module { source = "./modules/security" }
  variables {
    catalog = {
      environment        = "dev"
      account            = "123456789012"
      region             = "us-east-1"
      cluster            = "dev-millrace"
      log_retention_days = 30
      keys               = []
      services           = {}
    }
    detectors = []
  }

  assert {
    condition     = length(aws_guardduty_detector.this) + length(aws_cloudtrail.this) + length(aws_config_configuration_recorder.this) + length(aws_securityhub_account.this) == 0
    error_message = "What is not named does not run."
  }
}

run "prod_without_a_trail_is_refused" {
  command = plan
  module { source = "./modules/security" }
  variables {
    detectors = ["access-analyzer", "config", "guardduty", "securityhub"]
  }
  expect_failures = [var.detectors]
}

run "an_unknown_detector_is_refused" {
  command = plan
  module { source = "./modules/security" }
  variables {
    detectors = ["access-analyzer", "cloudtrail", "config", "guardduty", "securityhub", "macie"]
  }
  expect_failures = [var.detectors]
}

run "a_secret_that_gets_too_old_is_refused" {
  command = plan
  module { source = "./modules/security" }
  variables {
    rotation_days = 365
  }
  expect_failures = [var.rotation_days]
}

run "a_missing_zip_is_refused" {
  command = plan
  module { source = "./modules/security" }
  variables {
    rotation_zip = "functions/dist/nothing.zip"
  }
  expect_failures = [var.rotation_zip]
}

run "a_wrong_role_and_topic_are_refused" {
  command = plan
  module { source = "./modules/security" }
  variables {
    next_release_role_arn = "staging-millrace-release"
    alerts_topic_arn      = "alerts"
  }
  expect_failures = [var.next_release_role_arn, var.alerts_topic_arn]
}

run "a_key_of_an_unknown_kind_is_refused" {
  command = plan
  module { source = "./modules/security" }
  variables {
    catalog = {
      environment        = "dev"
      account            = "123456789012"
      region             = "us-east-1"
      cluster            = "dev-millrace"
      log_retention_days = 30
      keys               = ["alias/dev-millrace-streams"]
      services           = {}
    }
    detectors = []
  }
  expect_failures = [var.catalog]
}

run "a_secret_without_its_key_is_refused" {
  command = plan
  module { source = "./modules/security" }
  variables {
    catalog = {
      environment        = "dev"
      account            = "123456789012"
      region             = "us-east-1"
      cluster            = "dev-millrace"
      log_retention_days = 30
      keys               = []
      services = {
        order = {
          repository = "millrace/order"
          secrets    = { SIGNING_KEY = { name = "dev/millrace/order/signing-key", key = "alias/dev-millrace-secrets" } }
        }
      }
    }
    detectors = []
  }
  expect_failures = [var.catalog]
}
