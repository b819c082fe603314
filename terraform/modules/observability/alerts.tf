locals {
  # Built from its name, so that a plan shows the whole policy.
  alerts_topic_arn = "${local.arn_of["sns"]}:${var.catalog.cluster}-alerts"

  # Which services of AWS alert, and for which resources of this account.
  alerting = {
    Alarms     = { service = "cloudwatch.amazonaws.com", sources = "${local.arn_of["cloudwatch"]}:alarm:*" }
    Budgets    = { service = "budgets.amazonaws.com", sources = "arn:${data.aws_partition.current.partition}:budgets::${var.catalog.account}:*" }
    Database   = { service = "events.rds.amazonaws.com", sources = "${local.arn_of["rds"]}:*" }
    Prometheus = { service = "aps.amazonaws.com", sources = "${local.arn_of["aps"]}:workspace/*" }
  }
}

resource "aws_sns_topic" "alerts" {
  name              = "${var.catalog.cluster}-alerts"
  display_name      = "Alerts of ${var.catalog.environment}"
  kms_master_key_id = var.alerts_key_arn
  signature_version = 2
}

data "aws_iam_policy_document" "alerts" {
  dynamic "statement" {
    for_each = local.alerting
    content {
      sid       = "Alert${statement.key}"
      actions   = ["sns:Publish"]
      resources = [local.alerts_topic_arn]

      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }
      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [var.catalog.account]
      }
      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = [statement.value.sources]
      }
    }
  }

  # "You can't use Condition blocks in Amazon SNS topic policies for EventBridge" (its user guide): it tells SNS neither the
  # account nor the rule, and with a condition every event would be lost.
  statement {
    sid       = "AlertEvents"
    actions   = ["sns:Publish"]
    resources = [local.alerts_topic_arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }

  # Prometheus looks at the topic before it sends.
  statement {
    sid       = "SeeTopicPrometheus"
    actions   = ["sns:GetTopicAttributes"]
    resources = [local.alerts_topic_arn]

    principals {
      type        = "Service"
      identifiers = [local.alerting.Prometheus.service]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.catalog.account]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [local.alerting.Prometheus.sources]
    }
  }

  statement {
    sid       = "DenyPlaintext"
    effect    = "Deny"
    actions   = ["sns:Publish", "sns:Subscribe"]
    resources = [local.alerts_topic_arn]

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

resource "aws_sns_topic_policy" "alerts" {
  arn    = aws_sns_topic.alerts.arn
  policy = data.aws_iam_policy_document.alerts.json
}

resource "aws_sns_topic_subscription" "alerts" {
  for_each = var.alert_emails

  topic_arn = aws_sns_topic.alerts.arn
  protocol  = "email"
  endpoint  = each.key
}
