output "alerts_topic_arn" {
  description = "Where alarms and alerts go."
  value       = aws_sns_topic.alerts.arn

  # RDS tries the topic when somebody subscribes it.
  depends_on = [aws_sns_topic_policy.alerts]
}

output "log_group" {
  description = "The root of the log groups (telemetry.logGroup of the platform contract)."
  value       = local.log_root
}

output "log_group_names" {
  description = "The log groups by namespace; \"(rest)\" takes what has none of its own."
  value       = { for namespace, group in aws_cloudwatch_log_group.namespace : namespace => group.name }
}

output "metrics_workspace_id" {
  description = "The id of the Prometheus workspace."
  value       = aws_prometheus_workspace.this.id
}

output "metrics_url" {
  description = "The address of the Prometheus workspace, without a slash or /api/v1 at its end."
  value       = trimsuffix(trimsuffix(aws_prometheus_workspace.this.prometheus_endpoint, "/"), "/api/v1")
}

output "otlp_endpoint" {
  description = "Where services send their traces: the collector of charts/delivery/collector-values.ts."
  value       = "http://collector.opentelemetry.svc.cluster.local:4318"
}

output "grafana_url" {
  description = "The address of Grafana."
  value       = "https://${aws_grafana_workspace.this.endpoint}"
}

output "mail_identity_arn" {
  description = "The identity of SES in whose name mail is sent, once it is verified."
  value       = "arn:${data.aws_partition.current.partition}:ses:${var.catalog.region}:${var.catalog.account}:identity/${var.catalog.domain}"

  depends_on = [aws_ses_domain_identity_verification.domain]
}

output "mail_configuration_set" {
  description = "The configuration set that SES uses for this identity."
  value       = aws_sesv2_configuration_set.this.configuration_set_name
}

output "inventory" {
  description = "What is built here."
  value = {
    "log groups"     = length(aws_cloudwatch_log_group.namespace) + 1
    "metric filters" = length(aws_cloudwatch_log_metric_filter.service) + length(aws_cloudwatch_log_metric_filter.cluster)
    alarms           = length(aws_cloudwatch_metric_alarm.error_logs) + length(aws_cloudwatch_metric_alarm.cluster) + length(aws_cloudwatch_metric_alarm.store)
    "alert rules"    = length(flatten(values(local.alert_rules)))
    dashboards       = length(aws_cloudwatch_dashboard.service) + 1
    topics           = 1
    workspaces       = 2
    "mail domains"   = 1
    budgets          = 1
    "sampling rules" = 1
    "trace groups"   = 1
  }
}
