# Fargate patches its hosts by evicting pods. When a disruption budget stops it, EKS says once at which time it will stop the
# pod by force; there is no second notice, so people must hear of it.
locals {
  termination          = "${var.catalog.cluster}-fargate-termination"
  termination_rule_arn = "arn:${data.aws_partition.current.partition}:events:${var.catalog.region}:${var.catalog.account}:rule/${local.termination}"
  dead_letters         = "${local.termination}-dlq"
  dead_letters_arn     = "arn:${data.aws_partition.current.partition}:sqs:${var.catalog.region}:${var.catalog.account}:${local.dead_letters}"
}

resource "aws_cloudwatch_event_rule" "termination" {
  name        = local.termination
  description = "EKS could not evict a pod to patch its host, and says when it will stop it."
  event_pattern = jsonencode({
    source      = ["aws.eks"]
    detail-type = ["EKS Fargate Pod Scheduled Termination"]
    detail      = { clusterName = [var.catalog.cluster] }
  })
}

resource "aws_cloudwatch_event_target" "termination" {
  rule      = aws_cloudwatch_event_rule.termination.name
  target_id = "alerts"
  arn       = var.alerts_topic_arn

  dead_letter_config {
    arn = local.dead_letters_arn
  }

  depends_on = [aws_sqs_queue_policy.termination_dead_letters]
}

resource "aws_sqs_queue" "termination_dead_letters" {
  name                      = local.dead_letters
  message_retention_seconds = 1209600
  kms_master_key_id         = var.alerts_key_arn
}

data "aws_iam_policy_document" "termination_dead_letters" {
  statement {
    sid       = "OwnRule"
    actions   = ["sqs:SendMessage"]
    resources = [local.dead_letters_arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.termination_rule_arn]
    }
  }

  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"]
    resources = [local.dead_letters_arn]

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

resource "aws_sqs_queue_policy" "termination_dead_letters" {
  queue_url = aws_sqs_queue.termination_dead_letters.url
  policy    = data.aws_iam_policy_document.termination_dead_letters.json
}

resource "aws_cloudwatch_metric_alarm" "termination_dead_letters" {
  alarm_name          = aws_sqs_queue.termination_dead_letters.name
  alarm_description   = "A notice of a scheduled termination did not reach the alerts topic: read it in the queue, then look at the topic's policy and key."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.termination_dead_letters.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alerts_topic_arn]
  ok_actions          = [var.alerts_topic_arn]
}
