variables {
  catalog = {
    environment = "dev"
    cluster     = "dev-millrace"
    account     = "111122223333"
    region      = "us-east-1"
    bus = {
      name                   = "dev-millrace"
      arn                    = "arn:aws:events:us-east-1:111122223333:event-bus/dev-millrace"
      archive                = "dev-millrace"
      archive_retention_days = 7
    }
    notices = {
      queue     = "dev-millrace-releases"
      queue_key = "alias/dev-millrace-releases"
      topic     = "dev-millrace-releases"
    }
    publishers = {
      order = {
        role_arn = "arn:aws:iam::111122223333:role/dev-millrace-order"
        sources  = ["millrace.order"]
        events   = ["OrderCancelled", "OrderPlaced"]
      }
      payment = {
        role_arn = "arn:aws:iam::111122223333:role/dev-millrace-payment"
        sources  = ["millrace.payment"]
        events   = ["PaymentProcessed"]
      }
    }
    subscriptions = {
      payment-OrderPlaced = {
        consumer                      = "payment"
        event                         = "OrderPlaced"
        bus                           = "dev-millrace"
        rule                          = "dev-millrace-payment-OrderPlaced"
        pattern                       = "{\"source\":[\"millrace.order\"],\"detail-type\":[\"OrderPlaced\"]}"
        queue                         = "dev-millrace-payment-OrderPlaced"
        queue_arn                     = "arn:aws:sqs:us-east-1:111122223333:dev-millrace-payment-OrderPlaced"
        queue_key                     = "alias/dev-millrace-queues-payment"
        dead_letter_queue             = "dev-millrace-payment-OrderPlaced-dlq"
        dead_letter_queue_arn         = "arn:aws:sqs:us-east-1:111122223333:dev-millrace-payment-OrderPlaced-dlq"
        visibility_seconds            = 30
        max_receives                  = 5
        queue_retention_seconds       = 345600
        dead_letter_retention_seconds = 1209600
      }
      user-ObjectCreated = {
        consumer                      = "user"
        event                         = "ObjectCreated"
        bus                           = "default"
        rule                          = "dev-millrace-user-ObjectCreated"
        pattern                       = "{\"source\":[\"aws.s3\"],\"detail-type\":[\"Object Created\"]}"
        queue                         = "dev-millrace-user-ObjectCreated"
        queue_arn                     = "arn:aws:sqs:us-east-1:111122223333:dev-millrace-user-ObjectCreated"
        queue_key                     = "alias/dev-millrace-queues-user"
        dead_letter_queue             = "dev-millrace-user-ObjectCreated-dlq"
        dead_letter_queue_arn         = "arn:aws:sqs:us-east-1:111122223333:dev-millrace-user-ObjectCreated-dlq"
        visibility_seconds            = 30
        max_receives                  = 3
        queue_retention_seconds       = 345600
        dead_letter_retention_seconds = 1209600
      }
    }
  }
  key_arns = {
    "alias/dev-millrace-queues-payment" = "arn:aws:kms:us-east-1:111122223333:key/payment"
    "alias/dev-millrace-queues-user"    = "arn:aws:kms:us-east-1:111122223333:key/user"
    "alias/dev-millrace-releases"       = "arn:aws:kms:us-east-1:111122223333:key/releases"
  }
  bus_encryption   = "aws"
  bus_key_arn      = "arn:aws:kms:us-east-1:111122223333:key/bus"
  alerts_topic_arn = "arn:aws:sns:us-east-1:111122223333:dev-millrace-alerts"
}

run "each_subscription_is_a_rule_with_one_target_and_a_dead_letter_queue" {
  command = plan
  module { source = "./modules/events" }

  assert {
    condition     = output.inventory["rules"] == 2 && output.inventory["queues"] == 3 && output.inventory["dead letter queues"] == 3
    error_message = "Two subscriptions and the notices make two rules, three queues and three dead-letter queues."
  }
  assert {
    condition = alltrue([
      for key, target in aws_cloudwatch_event_target.queue :
      target.arn == var.catalog.subscriptions[key].queue_arn
      && target.dead_letter_config[0].arn == var.catalog.subscriptions[key].dead_letter_queue_arn
      && target.event_bus_name == var.catalog.subscriptions[key].bus
    ])
    error_message = "A target is not its subscription's queue, has no dead-letter queue, or lies on another bus."
  }
  assert {
    condition     = alltrue([for key, rule in aws_cloudwatch_event_rule.this : rule.event_pattern == var.catalog.subscriptions[key].pattern])
    error_message = "A rule's pattern is not the catalog's."
  }
}

run "queues_are_encrypted_and_lead_to_their_dead_letter_queue" {
  command = plan
  module { source = "./modules/events" }

  assert {
    condition = alltrue([
      for key, s in var.catalog.subscriptions :
      aws_sqs_queue.queue[key].kms_master_key_id == var.key_arns[s.queue_key]
      && aws_sqs_queue.dead_letter[key].kms_master_key_id == var.key_arns[s.queue_key]
    ])
    error_message = "Queue and dead-letter queue have to lie under their consumer's key."
  }
  assert {
    condition = alltrue([
      for key, s in var.catalog.subscriptions :
      jsondecode(aws_sqs_queue.queue[key].redrive_policy) == { deadLetterTargetArn = s.dead_letter_queue_arn, maxReceiveCount = s.max_receives }
      && jsondecode(aws_sqs_queue.dead_letter[key].redrive_allow_policy) == { redrivePermission = "byQueue", sourceQueueArns = [s.queue_arn] }
    ])
    error_message = "A queue's dead letters go elsewhere, or its dead-letter queue takes those of others."
  }
  assert {
    condition = alltrue([
      for key, s in var.catalog.subscriptions :
      aws_sqs_queue.queue[key].message_retention_seconds == s.queue_retention_seconds
      && aws_sqs_queue.queue[key].visibility_timeout_seconds == s.visibility_seconds
      && aws_sqs_queue.dead_letter[key].message_retention_seconds == s.dead_letter_retention_seconds
    ])
    error_message = "Retention or visibility of a queue is not the catalog's."
  }
  assert {
    condition = aws_sqs_queue.notices.kms_master_key_id == "arn:aws:kms:us-east-1:111122223333:key/releases" && aws_sns_topic.notices.kms_master_key_id == "arn:aws:kms:us-east-1:111122223333:key/releases"

    error_message = "The notices lie under the key of the releases."
  }
}

run "only_the_rule_sends_to_its_queues" {
  command = plan
  module { source = "./modules/events" }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.queue["payment-OrderPlaced"].policy).Statement[0] == {
      Sid       = "TakeFromRule"
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:us-east-1:111122223333:dev-millrace-payment-OrderPlaced"
      Principal = { Service = "events.amazonaws.com" }
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:events:us-east-1:111122223333:rule/dev-millrace/dev-millrace-payment-OrderPlaced" } }
    }
    error_message = "The queue takes from its rule alone."
  }
  assert {
    condition     = jsondecode(aws_sqs_queue_policy.dead_letter["user-ObjectCreated"].policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == "arn:aws:events:us-east-1:111122223333:rule/dev-millrace-user-ObjectCreated"
    error_message = "The ARN of a rule on the default bus does not name the bus."
  }
  assert {
    condition = alltrue([
      for policy in concat(values(aws_sqs_queue_policy.queue), values(aws_sqs_queue_policy.dead_letter), [aws_sqs_queue_policy.notices, aws_sqs_queue_policy.notices_dead_letter]) :
      anytrue([
        for statement in jsondecode(policy.policy).Statement :
        statement.Effect == "Deny" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false" && length(statement.Action) <= 7
      ])
    ])
    error_message = "Every queue refuses plain text; SQS takes at most seven actions in a statement."
  }
}

run "services_publish_their_own_events_only" {
  command = plan
  module { source = "./modules/events" }

  assert {
    condition = [
      for s in jsondecode(aws_cloudwatch_event_bus_policy.this.policy).Statement : [
        s.Action, s.Resource, s.Condition.ArnEquals["aws:PrincipalArn"],
        s.Condition.StringEquals["events:source"], sort(flatten([s.Condition.StringEquals["events:detail-type"]])),
      ] if s.Effect == "Allow"
      ] == [
      ["events:PutEvents", var.catalog.bus.arn, "arn:aws:iam::111122223333:role/dev-millrace-order", "millrace.order", tolist(["OrderCancelled", "OrderPlaced"])],
      ["events:PutEvents", var.catalog.bus.arn, "arn:aws:iam::111122223333:role/dev-millrace-payment", "millrace.payment", tolist(["PaymentProcessed"])],
    ]
    error_message = "A service may put its own events of its own source, and that is all that is allowed."
  }
  assert {
    condition = [
      for statement in jsondecode(aws_cloudwatch_event_bus_policy.this.policy).Statement :
      [statement.Condition.ArnNotEquals["aws:PrincipalArn"], statement.Condition.StringEquals["events:source"]] if statement.Effect == "Deny"
      ] == [
      ["arn:aws:iam::111122223333:role/dev-millrace-order", "millrace.order"],
      ["arn:aws:iam::111122223333:role/dev-millrace-payment", "millrace.payment"],
    ]
    error_message = "Nobody else may put events under a service's source."
  }
}

run "aws_key_means_an_archive" {
  command = plan
  module { source = "./modules/events" }

  assert {
    condition     = aws_cloudwatch_event_archive.this["dev-millrace"].retention_days == 7 && aws_cloudwatch_event_archive.this["dev-millrace"].kms_key_identifier == var.bus_key_arn
    error_message = "The archive keeps what the catalog says, under our key."
  }
  assert {
    condition     = aws_cloudwatch_event_bus.this.kms_key_identifier == null && length(aws_sqs_queue.bus_dead_letter) == 0
    error_message = "The bus itself is under AWS's key and needs no queue for what it cannot encrypt."
  }
}

run "customer_key_means_no_archive" {
  command = plan
  module { source = "./modules/events" }
  variables {
    bus_encryption = "customer"
  }

  assert {
    condition     = output.inventory["archives"] == 0 && aws_cloudwatch_event_bus.this.kms_key_identifier == var.bus_key_arn
    error_message = "A bus under our key has no archive."
  }
  assert {
    condition     = aws_sqs_queue.bus_dead_letter["dev-millrace-bus-dlq"].sqs_managed_sse_enabled && contains(keys(aws_cloudwatch_metric_alarm.dead_letters), "bus")
    error_message = "What the bus cannot encrypt goes to a queue that needs no key of ours, and is watched."
  }
}

run "everything_is_watched" {
  command = plan
  module { source = "./modules/events" }

  assert {
    condition     = output.inventory["alarms"] == 3 * 3 + 2 * 2 + 1
    error_message = "Age and depth for each queue, one for each dead-letter queue, two for each rule, one for the pipe."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.rule_failed["user-ObjectCreated"].dimensions == tomap({ RuleName = "dev-millrace-user-ObjectCreated" })
    error_message = "Metrics of the default bus's rules do not name the bus."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.rule_lost["payment-OrderPlaced"].dimensions == tomap({ RuleName = "dev-millrace-payment-OrderPlaced", EventBusName = "dev-millrace" })
    error_message = "Metrics of our own bus's rules name the bus."
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.dead_letters : alarm.threshold == 0 && contains(alarm.alarm_actions, var.alerts_topic_arn)])
    error_message = "One dead letter is enough for an alert."
  }
}

run "the_pipe_may_only_carry_notices" {
  command = plan
  module { source = "./modules/events" }

  assert {
    condition     = jsondecode(aws_iam_role.notices.assume_role_policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == "arn:aws:pipes:us-east-1:111122223333:pipe/dev-millrace-releases"
    error_message = "Only this pipe takes the role."
  }
  assert {
    condition = toset(flatten([for statement in jsondecode(aws_iam_role_policy.notices.policy).Statement : statement.Resource])) == toset([
      "arn:aws:sqs:us-east-1:111122223333:dev-millrace-releases",
      "arn:aws:sns:us-east-1:111122223333:dev-millrace-releases",
      "arn:aws:kms:us-east-1:111122223333:key/releases",
    ])
    error_message = "The pipe reaches its queue, its topic and their key."
  }
}

run "memory_shorter_than_retention_is_refused" {
  command = plan
  module { source = "./modules/events" }
  variables {
    inbox_days = 14
  }
  expect_failures = [aws_sqs_queue.dead_letter]
}

run "archive_longer_than_memory_is_refused" {
  command = plan
  module { source = "./modules/events" }
  variables {
    catalog = merge(var.catalog, { bus = merge(var.catalog.bus, { archive_retention_days = 31 }) })
  }
  expect_failures = [aws_cloudwatch_event_archive.this]
}

run "dead_letters_that_go_first_are_refused" {
  command = plan
  module { source = "./modules/events" }
  variables {
    catalog = merge(var.catalog, { subscriptions = {
      for key, s in var.catalog.subscriptions : key => merge(s, { dead_letter_retention_seconds = 86400 })
    } })
  }
  expect_failures = [var.catalog]
}

run "account_of_another_environment_is_refused" {
  command = plan
  module { source = "./modules/events" }
  variables {
    catalog = merge(var.catalog, { account = "444455556666" })
  }
  expect_failures = [var.catalog]
}

run "missing_key_is_refused" {
  command = plan
  module { source = "./modules/events" }
  variables {
    key_arns = { "alias/dev-millrace-releases" = "arn:aws:kms:us-east-1:111122223333:key/releases" }
  }
  expect_failures = [var.key_arns]
}

run "unknown_encryption_is_refused" {
  command = plan
  module { source = "./modules/events" }
  variables {
    bus_encryption = "none"
  }
  expect_failures = [var.bus_encryption]
}

run "archive_of_no_days_is_refused" {
  command = plan
  module { source = "./modules/events" }
  variables {
    catalog = merge(var.catalog, { bus = merge(var.catalog.bus, { archive_retention_days = 0 }) })
  }
  expect_failures = [var.bus_encryption]
}

run "alias_for_a_key_is_refused" {
  command = plan
  module { source = "./modules/events" }
  variables {
    bus_key_arn = "alias/dev-millrace-bus"
  }
  expect_failures = [var.bus_key_arn]
}

run "no_memory_is_refused" {
  command = plan
  module { source = "./modules/events" }
  variables {
    inbox_days = 0
  }
  expect_failures = [var.inbox_days]
}
