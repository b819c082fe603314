locals {
  newest_secret = element(var.origin_secrets, length(var.origin_secrets) - 1)
}

# CloudFront and the firewall must both know it, so it stands in the state, which is encrypted. It opens nothing by itself:
# the load balancer's security group admits CloudFront alone, and this tells our distribution from those of others.
resource "random_password" "origin" {
  for_each = toset(var.origin_secrets)

  length  = 40
  special = false
}

# The load balancer's: it lets in what our CloudFront sends, which has gone through the visitors' rules already.
resource "aws_wafv2_web_acl" "origin" {
  name        = "${var.catalog.cluster}-origin"
  description = "Admits requests of our own CloudFront distribution only"
  scope       = "REGIONAL"

  default_action {
    block {}
  }

  rule {
    name     = "AWSManagedRulesKnownBadInputsRuleSet"
    priority = 0

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesKnownBadInputsRuleSet"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = false
      metric_name                = "AWSManagedRulesKnownBadInputsRuleSet"
    }
  }

  dynamic "rule" {
    for_each = { for index, name in var.origin_secrets : name => index + 10 }

    content {
      name     = "from-cloudfront-${rule.key}"
      priority = rule.value

      action {
        allow {}
      }

      statement {
        byte_match_statement {
          positional_constraint = "EXACTLY"
          search_string         = random_password.origin[rule.key].result

          field_to_match {
            single_header {
              name = local.secret_header
            }
          }

          text_transformation {
            priority = 0
            type     = "NONE"
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        sampled_requests_enabled   = false
        metric_name                = "from-cloudfront-${rule.key}"
      }
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = false
    metric_name                = "${var.catalog.cluster}-origin"
  }
}
