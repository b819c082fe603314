data "aws_partition" "current" {}

locals {
  is_own_key   = var.bus_encryption == "customer"
  account_root = "arn:${data.aws_partition.current.partition}:iam::${var.catalog.account}:root"
}

resource "aws_cloudwatch_event_bus" "this" {
  name               = var.catalog.bus.name
  description        = "Events between the services of ${var.catalog.environment}."
  kms_key_identifier = local.is_own_key ? var.bus_key_arn : null

  # A bus under a key of ours loses what it cannot encrypt when that key is disabled, unless it may put it here.
  dynamic "dead_letter_config" {
    for_each = aws_sqs_queue.bus_dead_letter
    content {
      arn = dead_letter_config.value.arn
    }
  }
}

# The services' own policies allow the same. The second wall is here: nobody else in the account, an administrator neither,
# puts an event that claims to come from a service.
data "aws_iam_policy_document" "bus" {
  dynamic "statement" {
    for_each = var.catalog.publishers
    content {
      sid       = "Publish${replace(title(statement.key), "-", "")}"
      actions   = ["events:PutEvents"]
      resources = [var.catalog.bus.arn]

      # A role named as principal is bound to its inner id: made anew, it would be locked out until this policy is written again.
      principals {
        type        = "AWS"
        identifiers = [local.account_root]
      }
      condition {
        test     = "ArnEquals"
        variable = "aws:PrincipalArn"
        values   = [statement.value.role_arn]
      }
      condition {
        test     = "StringEquals"
        variable = "events:source"
        values   = statement.value.sources
      }
      condition {
        test     = "StringEquals"
        variable = "events:detail-type"
        values   = statement.value.events
      }
    }
  }

  dynamic "statement" {
    for_each = var.catalog.publishers
    content {
      sid       = "OnlyPublisher${replace(title(statement.key), "-", "")}"
      effect    = "Deny"
      actions   = ["events:PutEvents"]
      resources = [var.catalog.bus.arn]

      principals {
        type        = "AWS"
        identifiers = ["*"]
      }
      condition {
        test     = "ArnNotEquals"
        variable = "aws:PrincipalArn"
        values   = [statement.value.role_arn]
      }
      condition {
        test     = "StringEquals"
        variable = "events:source"
        values   = statement.value.sources
      }
    }
  }
}

resource "aws_cloudwatch_event_bus_policy" "this" {
  event_bus_name = aws_cloudwatch_event_bus.this.name
  policy         = data.aws_iam_policy_document.bus.json

  lifecycle {
    precondition {
      condition     = length(data.aws_iam_policy_document.bus.minified_json) <= 10240
      error_message = "The policy of a bus may have 10 KB. There are too many publishers or events for one bus: join statements, or add a bus."
    }
  }
}

resource "aws_cloudwatch_event_archive" "this" {
  for_each = local.is_own_key ? {} : { (var.catalog.bus.archive) = var.catalog.bus.archive_retention_days }

  name               = each.key
  description        = "Events of the last ${each.value} days, to be sent again after a fault."
  event_source_arn   = aws_cloudwatch_event_bus.this.arn
  retention_days     = each.value
  kms_key_identifier = var.bus_key_arn

  lifecycle {
    precondition {
      condition     = each.value <= var.inbox_days
      error_message = "The archive keeps events for ${each.value} days, and consumers remember them for ${var.inbox_days}: a replay would apply them twice. Raise inboxDays, or lower archiveRetentionDays in catalog/environments.ts."
    }
  }
}

# Under a key of SQS itself: this queue is filled just when a key of ours fails.
resource "aws_sqs_queue" "bus_dead_letter" {
  for_each = toset(local.is_own_key ? ["${var.catalog.bus.name}-bus-dlq"] : [])

  name                      = each.key
  sqs_managed_sse_enabled   = true
  max_message_size          = local.max_message_bytes
  message_retention_seconds = local.longest_retention_seconds
}

data "aws_iam_policy_document" "bus_dead_letter" {
  for_each = aws_sqs_queue.bus_dead_letter

  statement {
    sid       = "TakeFromBus"
    actions   = ["sqs:SendMessage"]
    resources = [each.value.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [var.catalog.bus.arn]
    }
  }

  statement {
    sid       = "DenyPlaintext"
    effect    = "Deny"
    actions   = local.queue_actions
    resources = [each.value.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "bus_dead_letter" {
  for_each = aws_sqs_queue.bus_dead_letter

  queue_url = each.value.id
  policy    = data.aws_iam_policy_document.bus_dead_letter[each.key].json
}
