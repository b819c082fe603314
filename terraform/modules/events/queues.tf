locals {
  # What EventBridge and SQS take at most; at SQS's old 256 KiB a large event would reach neither queue.
  max_message_bytes         = 1048576
  longest_retention_seconds = 1209600

  # A statement of a queue's policy may name seven actions.
  queue_actions = [
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:PurgeQueue",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
  ]
}

resource "aws_sqs_queue" "queue" {
  for_each = var.catalog.subscriptions

  name                       = each.value.queue
  kms_master_key_id          = var.key_arns[each.value.queue_key]
  max_message_size           = local.max_message_bytes
  message_retention_seconds  = each.value.queue_retention_seconds
  visibility_timeout_seconds = each.value.visibility_seconds
  receive_wait_time_seconds  = 20

  redrive_policy = jsonencode({
    deadLetterTargetArn = each.value.dead_letter_queue_arn
    maxReceiveCount     = each.value.max_receives
  })

  depends_on = [aws_sqs_queue.dead_letter]
}

resource "aws_sqs_queue" "dead_letter" {
  for_each = var.catalog.subscriptions

  name                       = each.value.dead_letter_queue
  kms_master_key_id          = var.key_arns[each.value.queue_key]
  max_message_size           = local.max_message_bytes
  message_retention_seconds  = each.value.dead_letter_retention_seconds
  visibility_timeout_seconds = each.value.visibility_seconds
  receive_wait_time_seconds  = 20

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [each.value.queue_arn]
  })

  lifecycle {
    precondition {
      condition     = each.value.queue_retention_seconds + each.value.dead_letter_retention_seconds <= var.inbox_days * 86400
      error_message = "A message may live longer, in its queue and then in ${each.value.dead_letter_queue}, than its consumer remembers it (${var.inbox_days} days), and would be applied twice. Raise inboxDays of ${each.value.consumer}, or lower the retention."
    }
  }
}

# The rule sends to both: to the queue, and to the other one what it could not deliver. The consumers' rights are with their
# roles.
data "aws_iam_policy_document" "queue" {
  for_each = merge(
    { for key, s in var.catalog.subscriptions : s.queue => { arn = s.queue_arn, rule_arn = local.rule_arns[key] } },
    { for key, s in var.catalog.subscriptions : s.dead_letter_queue => { arn = s.dead_letter_queue_arn, rule_arn = local.rule_arns[key] } },
  )

  statement {
    sid       = "TakeFromRule"
    actions   = ["sqs:SendMessage"]
    resources = [each.value.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [each.value.rule_arn]
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

resource "aws_sqs_queue_policy" "queue" {
  for_each = var.catalog.subscriptions

  queue_url = aws_sqs_queue.queue[each.key].id
  policy    = data.aws_iam_policy_document.queue[each.value.queue].json
}

resource "aws_sqs_queue_policy" "dead_letter" {
  for_each = var.catalog.subscriptions

  queue_url = aws_sqs_queue.dead_letter[each.key].id
  policy    = data.aws_iam_policy_document.queue[each.value.dead_letter_queue].json
}
