locals {
  # No visitor's address is kept for longer than this.
  days_with_addresses = 7

  # The names' beginnings are those that AWS asks for.
  log_groups = {
    viewers = { name = "aws-waf-logs-${var.catalog.cluster}-viewers", days = local.days_with_addresses }
    origin  = { name = "aws-waf-logs-${var.catalog.cluster}-origin", days = local.days_with_addresses }
    queries = { name = "/aws/route53/${var.catalog.domain}", days = local.days_with_addresses }
    access  = { name = "/aws/vendedlogs/cloudfront/${var.catalog.cluster}", days = var.log_retention_days }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = local.log_groups

  #checkov:skip=CKV_AWS_338:Three of them name visitors' addresses, which are kept for a week; the fourth is kept as the environment says.
  name              = each.value.name
  retention_in_days = each.value.days
  kms_key_id        = var.logs_key_arn
}

# One policy for all: a region has room for ten.
resource "aws_cloudwatch_log_resource_policy" "this" {
  policy_name     = "${var.catalog.cluster}-edge"
  policy_document = data.aws_iam_policy_document.log_writers.json
}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "log_writers" {
  statement {
    sid       = "FirewallAndCloudFront"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [for name in ["viewers", "origin", "access"] : "${aws_cloudwatch_log_group.this[name].arn}:*"]

    principals {
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.catalog.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:logs:${var.catalog.region}:${var.catalog.account}:*"]
    }
  }

  statement {
    sid       = "DnsQueries"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this["queries"].arn}:*"]

    principals {
      type        = "Service"
      identifiers = ["route53.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.catalog.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [aws_route53_zone.this.arn]
    }
  }
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  for_each = {
    viewers = aws_wafv2_web_acl.viewers.arn
    origin  = aws_wafv2_web_acl.origin.arn
  }

  resource_arn            = each.value
  log_destination_configs = [aws_cloudwatch_log_group.this[each.key].arn]

  dynamic "redacted_fields" {
    for_each = toset(["authorization", "cookie", local.secret_header])

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }

  redacted_fields {
    query_string {}
  }

  # What was let through stands in CloudFront's own log, without an address.
  logging_filter {
    default_behavior = "DROP"

    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"

      condition {
        action_condition {
          action = "BLOCK"
        }
      }

      condition {
        action_condition {
          action = "COUNT"
        }
      }
    }
  }

  depends_on = [aws_cloudwatch_log_resource_policy.this]
}
