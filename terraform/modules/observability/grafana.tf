data "aws_iam_policy_document" "grafana_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["grafana.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.catalog.account]
    }
    # AWS numbers the workspace after the role is there.
    condition {
      test     = "StringLike"
      variable = "aws:SourceArn"
      values   = ["${local.arn_of["grafana"]}:/workspaces/*"]
    }
  }
}

data "aws_iam_policy_document" "grafana" {
  statement {
    sid       = "ReadMetrics"
    actions   = ["aps:GetLabels", "aps:GetMetricMetadata", "aps:GetSeries", "aps:QueryMetrics", "aps:DescribeWorkspace"]
    resources = [aws_prometheus_workspace.this.arn]
  }

  # AWS knows no resource for these; all of them read.
  statement {
    sid = "ReadCloudWatchAndTraces"
    actions = [
      "aps:ListWorkspaces",
      "cloudwatch:DescribeAlarmsForMetric",
      "cloudwatch:GetMetricData",
      "cloudwatch:GetMetricStatistics",
      "cloudwatch:ListMetrics",
      "ec2:DescribeRegions",
      "logs:StopQuery",
      "xray:BatchGetTraces",
      "xray:GetGroups",
      "xray:GetServiceGraph",
      "xray:GetTimeSeriesServiceStatistics",
      "xray:GetTraceGraph",
      "xray:GetTraceSummaries",
    ]
    resources = ["*"]
  }

  # Lists, and results of queries that have a number and no group any more.
  statement {
    sid       = "ListAlarmsAndLogGroups"
    actions   = ["cloudwatch:DescribeAlarms", "logs:DescribeLogGroups", "logs:GetQueryResults"]
    resources = ["${local.arn_of["cloudwatch"]}:alarm:*", "${local.arn_of["logs"]}:log-group:*"]
  }

  statement {
    sid       = "ReadOwnLogs"
    actions   = ["logs:GetLogEvents", "logs:GetLogGroupFields", "logs:StartQuery"]
    resources = [for name in values(local.log_groups) : "${local.arn_of["logs"]}:log-group:${name}:*"]
  }

  statement {
    sid       = "DecryptTraces"
    actions   = ["kms:Decrypt"]
    resources = [var.logs_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["xray.${var.catalog.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "grafana" {
  name               = "${var.catalog.cluster}-grafana"
  description        = "What Grafana may read."
  assume_role_policy = data.aws_iam_policy_document.grafana_trust.json
}

resource "aws_iam_role_policy" "grafana" {
  #checkov:skip=CKV_AWS_355:AWS knows no resource for the actions of ReadCloudWatchAndTraces, and all of them read.
  name   = "read"
  role   = aws_iam_role.grafana.id
  policy = data.aws_iam_policy_document.grafana.json
}

resource "aws_grafana_workspace" "this" {
  name                     = var.catalog.cluster
  description              = "Metrics, logs and traces of ${var.catalog.environment}."
  grafana_version          = var.grafana_version
  account_access_type      = "CURRENT_ACCOUNT"
  authentication_providers = ["AWS_SSO"]
  permission_type          = "CUSTOMER_MANAGED"
  role_arn                 = aws_iam_role.grafana.arn
  data_sources             = ["CLOUDWATCH", "PROMETHEUS", "XRAY"]

  # X-Ray's data source is a plugin since version 9. Alerts come from Prometheus and CloudWatch, from one place each.
  configuration = jsonencode({
    plugins         = { pluginAdminEnabled = true }
    unifiedAlerting = { enabled = false }
  })
}

resource "aws_grafana_role_association" "this" {
  for_each = var.grafana_groups

  workspace_id = aws_grafana_workspace.this.id
  role         = each.key
  group_ids    = each.value
}
