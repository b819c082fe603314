# What people are told of by itself. Every target has the dead-letter queue below.
locals {
  alert_patterns = merge(
    {
      # Services read a secret when they start: after a rotation they are to be restarted.
      rotation = {
        source        = ["aws.secretsmanager"]
        "detail-type" = ["AWS Service Event via CloudTrail"]
        detail        = { eventName = ["RotationSucceeded", "RotationFailed", "RotationAbandoned", "TestRotationFailed"] }
      }
    },
    { for name in local.on["guardduty"] : name => {
      source        = ["aws.guardduty"]
      "detail-type" = ["GuardDuty Finding"]
      # From 4 a finding is at least "medium".
      detail = { severity = [{ numeric = [">=", 4] }] }
    } },
    { for name in local.on["securityhub"] : name => {
      source        = ["aws.securityhub"]
      "detail-type" = ["Security Hub Findings - Imported"]
      # Without the informative ones, and without GuardDuty's, which come by themselves.
      detail = { findings = {
        ProductName = [{ "anything-but" = ["GuardDuty"] }]
        Severity    = { Label = ["HIGH", "CRITICAL"] }
        Workflow    = { Status = ["NEW"] }
        RecordState = ["ACTIVE"]
      } }
    } },
    { for name in local.on["access-analyzer"] : name => {
      source        = ["aws.access-analyzer"]
      "detail-type" = ["Access Analyzer Finding"]
      detail        = { status = ["ACTIVE"] }
    } },
  )
}

resource "aws_cloudwatch_event_rule" "alerts" {
  for_each = local.alert_patterns

  name          = "${var.catalog.cluster}-security-${each.key}"
  description   = "Tells people of ${each.key}."
  event_pattern = jsonencode(each.value)
}

resource "aws_cloudwatch_event_target" "alerts" {
  for_each = aws_cloudwatch_event_rule.alerts

  rule      = each.value.name
  target_id = "alerts"
  arn       = var.alerts_topic_arn

  dead_letter_config {
    arn = aws_sqs_queue.undelivered.arn
  }
}

# Alerts that did not reach the topic, and calls of the rotation function that failed for good.
resource "aws_sqs_queue" "undelivered" {
  name                              = "${var.catalog.cluster}-security-undelivered"
  kms_master_key_id                 = local.platform_key_arns["alerts"]
  kms_data_key_reuse_period_seconds = 300
  message_retention_seconds         = 1209600
}

resource "aws_sqs_queue_policy" "undelivered" {
  queue_url = aws_sqs_queue.undelivered.url
  policy    = data.aws_iam_policy_document.undelivered.json
}

data "aws_iam_policy_document" "undelivered" {
  statement {
    sid       = "OwnRulesSend"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.undelivered.arn]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [for rule in aws_cloudwatch_event_rule.alerts : rule.arn]
    }
  }

  statement {
    sid       = "RefusePlainHttp"
    effect    = "Deny"
    actions   = ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue"]
    resources = [aws_sqs_queue.undelivered.arn]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "undelivered" {
  alarm_name          = "${var.catalog.cluster}-security-undelivered"
  alarm_description   = "An alert about security was not delivered, or a rotation failed: read the queue of that name."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.undelivered.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alerts_topic_arn]
}
