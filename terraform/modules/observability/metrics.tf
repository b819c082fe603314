# AWS wants the groups of the logs that it writes itself below /aws/vendedlogs.
resource "aws_cloudwatch_log_group" "prometheus" {
  #checkov:skip=CKV_AWS_338:Only prod keeps logs for a year; the variable refuses less there.
  name              = "/aws/vendedlogs/prometheus/${var.catalog.cluster}"
  kms_key_id        = var.logs_key_arn
  retention_in_days = var.catalog.log_retention_days
}

resource "aws_prometheus_workspace" "this" {
  alias       = var.catalog.cluster
  kms_key_arn = var.logs_key_arn

  logging_configuration {
    log_group_arn = "${aws_cloudwatch_log_group.prometheus.arn}:*"
  }
}

resource "aws_prometheus_workspace_configuration" "this" {
  workspace_id             = aws_prometheus_workspace.this.id
  retention_period_in_days = var.metrics_retention_days
}

resource "aws_prometheus_alert_manager_definition" "this" {
  workspace_id = aws_prometheus_workspace.this.id

  definition = yamlencode({
    alertmanager_config = yamlencode({
      route = {
        receiver        = "alerts"
        group_by        = ["alertname", "service"]
        group_wait      = "30s"
        group_interval  = "5m"
        repeat_interval = "4h"
      }
      receivers = [{
        name = "alerts"
        sns_configs = [{
          topic_arn     = local.alerts_topic_arn
          sigv4         = { region = var.catalog.region }
          send_resolved = true
          # SNS takes no subject of more than 100 letters, which the one that is given otherwise easily has.
          subject = "{{ .Status }}: {{ .CommonLabels.alertname }} of {{ .CommonLabels.service }} in ${var.catalog.environment}"
        }]
      }]
    })
  })

  depends_on = [aws_sns_topic_policy.alerts]
}

resource "aws_prometheus_rule_group_namespace" "service" {
  for_each = local.alert_rules

  workspace_id = aws_prometheus_workspace.this.id
  name         = each.key
  data         = yamlencode({ groups = [{ name = each.key, interval = "60s", rules = each.value }] })
}
