locals {
  # What PostgreSQL says, and why an IAM token was refused, which PostgreSQL does not know.
  logs = toset(["postgresql", "iam-db-auth-error"])

  # The one group of all databases of an account. RDS makes it, calls its streams by the instances' ids and keeps it 30 days.
  metrics_group = "arn:${data.aws_partition.current.partition}:logs:${var.catalog.region}:${var.catalog.account}:log-group:RDSOSMetrics"
}

data "aws_partition" "current" {}

resource "aws_cloudwatch_log_group" "postgresql" {
  for_each = local.logs

  name              = "/aws/rds/cluster/${var.catalog.cluster}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
}

resource "aws_iam_role" "monitoring" {
  name               = "${var.catalog.cluster}-rds-monitoring"
  description        = "RDS writes the operating system's figures of ${var.catalog.cluster} with it"
  assume_role_policy = data.aws_iam_policy_document.monitoring_trust.json
}

data "aws_iam_policy_document" "monitoring_trust" {
  statement {
    sid     = "OnlyOurInstances"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.catalog.account]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [for letter in keys(local.instances) : "arn:${data.aws_partition.current.partition}:rds:${var.catalog.region}:${var.catalog.account}:db:${var.catalog.cluster}-${letter}"]
    }
  }
}

resource "aws_iam_role_policy" "monitoring" {
  name   = "write-figures"
  role   = aws_iam_role.monitoring.id
  policy = data.aws_iam_policy_document.monitoring.json
}

data "aws_iam_policy_document" "monitoring" {
  statement {
    sid       = "MakeGroup"
    actions   = ["logs:CreateLogGroup", "logs:PutRetentionPolicy"]
    resources = [local.metrics_group, "${local.metrics_group}:*"]
  }

  statement {
    sid       = "WriteFigures"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:GetLogEvents", "logs:PutLogEvents"]
    resources = ["${local.metrics_group}:log-stream:*"]
  }
}

resource "aws_db_event_subscription" "this" {
  name             = "${var.catalog.cluster}-aurora"
  sns_topic        = var.alerts_topic_arn
  source_type      = "db-cluster"
  source_ids       = [aws_rds_cluster.this.id]
  event_categories = ["failover", "failure", "maintenance", "notification"]
}
