data "aws_partition" "current" {}

locals {
  # The beginning of a service's ARNs in this account and region.
  arn_of = {
    for service in ["aps", "cloudwatch", "grafana", "logs", "rds", "sns"] : service =>
    "arn:${data.aws_partition.current.partition}:${service}:${var.catalog.region}:${var.catalog.account}"
  }

  log_root = "/millrace/${var.catalog.environment}"

  # The namespaces of the add-ons write logs too. What has no group of its own, Fargate's log router puts into the root one.
  platform_namespaces = ["argo-rollouts", "argocd", "keda", "kube-system", "opentelemetry"]
  log_namespaces      = setunion(local.platform_namespaces, [for s in var.catalog.services : s.namespace])
  log_groups = merge(
    { for namespace in local.log_namespaces : namespace => "${local.log_root}/${namespace}" },
    { "(rest)" = local.log_root },
  )

  metric_namespace = "Millrace/${var.catalog.environment}"

  # The levels of runtime/log.ts. The log router lifts the fields of a JSON line to the top of the record.
  log_levels = {
    errors   = "{ ($.level = \"error\") || ($.level = \"fatal\") }"
    warnings = "{ $.level = \"warn\" }"
  }
  log_counts = merge([
    for name, service in var.catalog.services : {
      for level, pattern in local.log_levels : "${name}-${level}" => { namespace = service.namespace, pattern = pattern }
    }
  ]...)

  # Services do not log who was refused (their metrics count it, see alert-rules.tf); the API server's audit log does.
  cluster_counts = {
    "cluster-auth-failures"  = "{ ($.kind = \"Event\") && (($.responseStatus.code = 401) || ($.responseStatus.code = 403)) }"
    "cluster-policy-denials" = "{ ($.kind = \"Event\") && ($.responseStatus.message = \"*ValidatingAdmissionPolicy*\") }"
  }
}

resource "aws_cloudwatch_log_group" "namespace" {
  #checkov:skip=CKV_AWS_338:Only prod keeps logs for a year; the variable refuses less there.
  for_each = local.log_groups

  name              = each.value
  kms_key_id        = var.logs_key_arn
  retention_in_days = var.catalog.log_retention_days
}

resource "aws_cloudwatch_log_metric_filter" "service" {
  for_each = local.log_counts

  name           = each.key
  log_group_name = aws_cloudwatch_log_group.namespace[each.value.namespace].name
  pattern        = each.value.pattern

  metric_transformation {
    name          = each.key
    namespace     = local.metric_namespace
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

resource "aws_cloudwatch_log_metric_filter" "cluster" {
  for_each = local.cluster_counts

  name           = each.key
  log_group_name = var.control_plane_log_group
  pattern        = each.value

  metric_transformation {
    name          = each.key
    namespace     = local.metric_namespace
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}
