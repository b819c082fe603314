locals {
  snapshot_name = "${var.catalog.cluster}-warehouse-snapshot"
  snapshot_days = 35
}

# After 30 days the warehouse alone has the history, and Redshift's own recovery points end after a day and with the namespace.
resource "aws_scheduler_schedule" "snapshot" {
  name                = local.snapshot_name
  description         = "Each day a snapshot of the warehouse, kept for ${local.snapshot_days} days"
  schedule_expression = "cron(30 2 * * ? *)"
  kms_key_arn         = var.key_arn

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }

  target {
    arn      = "arn:${data.aws_partition.current.partition}:scheduler:::aws-sdk:redshiftserverless:createSnapshot"
    role_arn = aws_iam_role.snapshot.arn

    # The scheduler puts an id of its own there, and does not know the brackets as Terraform writes them.
    input = replace(replace(jsonencode({
      NamespaceName   = aws_redshiftserverless_namespace.this.namespace_name
      SnapshotName    = "${var.catalog.cluster}-<aws.scheduler.execution-id>"
      RetentionPeriod = local.snapshot_days
    }), "\\u003c", "<"), "\\u003e", ">")

    dead_letter_config {
      arn = aws_sqs_queue.snapshot_dead_letters.arn
    }

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }
  }

  depends_on = [aws_iam_role_policy.snapshot]
}

resource "aws_sqs_queue" "snapshot_dead_letters" {
  name                      = "${local.snapshot_name}-dlq"
  kms_master_key_id         = var.key_arn
  message_retention_seconds = 1209600
}

resource "aws_cloudwatch_metric_alarm" "snapshot" {
  alarm_name          = local.snapshot_name
  alarm_description   = "No snapshot of the warehouse was taken. The queue ${local.snapshot_name}-dlq says why; take one by hand."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.snapshot_dead_letters.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alerts_topic_arn]
  ok_actions          = [var.alerts_topic_arn]
}
