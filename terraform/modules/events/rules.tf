locals {
  # Built from names, so that a plan shows whole policies. The rules of the default bus have no bus in their ARN.
  rule_arns = {
    for key, subscription in var.catalog.subscriptions : key => join(":", [
      "arn", data.aws_partition.current.partition, "events", var.catalog.region, var.catalog.account,
      subscription.bus == "default" ? "rule/${subscription.rule}" : "rule/${subscription.bus}/${subscription.rule}",
    ])
  }
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = var.catalog.subscriptions

  name           = each.value.rule
  description    = "${each.value.event} for ${each.value.consumer}."
  event_bus_name = each.value.bus == var.catalog.bus.name ? aws_cloudwatch_event_bus.this.name : each.value.bus
  event_pattern  = each.value.pattern
  state          = "ENABLED"
}

resource "aws_cloudwatch_event_target" "queue" {
  for_each = var.catalog.subscriptions

  rule           = aws_cloudwatch_event_rule.this[each.key].name
  event_bus_name = aws_cloudwatch_event_rule.this[each.key].event_bus_name
  target_id      = "queue"
  arn            = each.value.queue_arn

  dead_letter_config {
    arn = each.value.dead_letter_queue_arn
  }

  # The most that EventBridge offers: a queue that does not answer for a day is no reason to lose an event.
  retry_policy {
    maximum_event_age_in_seconds = 86400
    maximum_retry_attempts       = 185
  }

  # An event that comes before the policies is refused for good.
  depends_on = [aws_sqs_queue_policy.queue, aws_sqs_queue_policy.dead_letter]
}
