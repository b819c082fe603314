# The services begin their traces themselves and sample by the header that they are given (runtime/telemetry.ts). This rule
# holds for whoever asks X-Ray, such as an add-on; without it that is a request in each second and 5 percent of the rest.
resource "aws_xray_sampling_rule" "this" {
  rule_name      = var.catalog.cluster
  priority       = 1000
  version        = 1
  reservoir_size = 1
  fixed_rate     = var.trace_sample_rate
  service_name   = "*"
  service_type   = "*"
  host           = "*"
  http_method    = "*"
  url_path       = "*"
  resource_arn   = "*"
}

resource "aws_xray_group" "faults" {
  group_name        = "${var.catalog.cluster}-faults"
  filter_expression = "fault = true OR responsetime >= ${var.objectives.p99_seconds}"

  insights_configuration {
    insights_enabled      = true
    notifications_enabled = false
  }
}

# One setting for the account's region. Who reads traces needs this key too, as Grafana's role has it.
resource "aws_xray_encryption_config" "this" {
  type   = "KMS"
  key_id = var.logs_key_arn
}
