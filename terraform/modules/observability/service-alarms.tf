resource "aws_cloudwatch_metric_alarm" "error_logs" {
  for_each = var.catalog.services

  alarm_name          = "${var.catalog.cluster}-${each.key}-error-logs"
  alarm_description   = "${each.key} (${each.value.owner}) logs errors: see ${local.log_root}/${each.value.namespace}."
  namespace           = local.metric_namespace
  metric_name         = aws_cloudwatch_log_metric_filter.service["${each.key}-errors"].metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.objectives.error_logs
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]
}

resource "aws_cloudwatch_metric_alarm" "cluster" {
  for_each = {
    "cluster-auth-failures"  = { threshold = var.objectives.auth_failures, says = "The API server refuses many requests: somebody tries keys, or an add-on lacks a right." }
    "cluster-policy-denials" = { threshold = var.objectives.cluster_policy_denials, says = "Admission refused an object: somebody wrote by hand, or a release breaks a policy." }
  }

  alarm_name          = "${var.catalog.cluster}-${each.key}"
  alarm_description   = "${each.value.says} See the audit log in ${var.control_plane_log_group}."
  namespace           = local.metric_namespace
  metric_name         = aws_cloudwatch_log_metric_filter.cluster[each.key].metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
}
