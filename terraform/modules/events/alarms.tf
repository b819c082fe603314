locals {
  # The notices' queues are watched like those of the services.
  queues = merge(
    { for key, s in var.catalog.subscriptions : key => s.queue },
    { notices = var.catalog.notices.queue },
  )
  dead_letter_queues = merge(
    { for key, s in var.catalog.subscriptions : key => s.dead_letter_queue },
    { notices = local.notices.dead_letter_queue },
    { for name, queue in aws_sqs_queue.bus_dead_letter : "bus" => name },
  )

  # The metrics of rules on the default bus do not name the bus.
  rule_dimensions = {
    for key, s in var.catalog.subscriptions : key => merge(
      { RuleName = s.rule },
      { for bus in [s.bus] : "EventBusName" => bus if bus != "default" },
    )
  }
}

resource "aws_cloudwatch_metric_alarm" "queue_age" {
  for_each = local.queues

  alarm_name          = "${each.value}-age"
  alarm_description   = "The oldest message of ${each.value} waits too long: its consumer is down or too slow."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = each.value }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarm_thresholds.oldest_message_seconds
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alerts_topic_arn]
  ok_actions          = [var.alerts_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "queue_depth" {
  for_each = local.queues

  alarm_name          = "${each.value}-depth"
  alarm_description   = "Too many messages wait in ${each.value}: more come than its consumer takes."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = each.value }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarm_thresholds.messages
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alerts_topic_arn]
  ok_actions          = [var.alerts_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  for_each = local.dead_letter_queues

  alarm_name          = "${each.value}-not-empty"
  alarm_description   = "A message lies in ${each.value}: see docs/runbooks/dead-letters.md."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = each.value }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alerts_topic_arn]
  ok_actions          = [var.alerts_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "rule_failed" {
  for_each = var.catalog.subscriptions

  alarm_name          = "${each.value.rule}-failed"
  alarm_description   = "EventBridge could not bring an event to ${each.value.queue}; it is in the dead-letter queue."
  namespace           = "AWS/Events"
  metric_name         = "FailedInvocations"
  dimensions          = local.rule_dimensions[each.key]
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alerts_topic_arn]
}

# The one way in which the bus loses an event: the dead-letter queue does not take it either.
resource "aws_cloudwatch_metric_alarm" "rule_lost" {
  for_each = var.catalog.subscriptions

  alarm_name          = "${each.value.rule}-lost"
  alarm_description   = "EventBridge lost an event: neither ${each.value.queue} nor its dead-letter queue took it. Look at the queues' policies and keys, then replay the archive."
  namespace           = "AWS/Events"
  metric_name         = "InvocationsFailedToBeSentToDlq"
  dimensions          = local.rule_dimensions[each.key]
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alerts_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "notices_pipe" {
  alarm_name          = "${aws_pipes_pipe.notices.name}-pipe-failed"
  alarm_description   = "The pipe cannot tell people of releases."
  namespace           = "AWS/EventBridge/Pipes"
  metric_name         = "ExecutionFailed"
  dimensions          = { PipeName = aws_pipes_pipe.notices.name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alerts_topic_arn]
}
