# Of the whole account: an environment has one to itself.
resource "aws_budgets_budget" "monthly" {
  name         = "${var.catalog.cluster}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.budgets.monthly_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "notification" {
    for_each = {
      "most of it is spent" = { type = "ACTUAL", percent = 80 }
      "all of it is spent"  = { type = "ACTUAL", percent = 100 }
      "it will not suffice" = { type = "FORECASTED", percent = 100 }
    }
    content {
      comparison_operator       = "GREATER_THAN"
      notification_type         = notification.value.type
      threshold                 = notification.value.percent
      threshold_type            = "PERCENTAGE"
      subscriber_sns_topic_arns = [aws_sns_topic.alerts.arn]
    }
  }

  # Budgets tries the topic when the notification is made.
  depends_on = [aws_sns_topic_policy.alerts]
}
