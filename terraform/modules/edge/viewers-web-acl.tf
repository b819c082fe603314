locals {
  # After the rules of our own. One of AWS's is only counted, because it stops bodies above 8 KiB, and ours says how large.
  managed_rules = {
    AWSManagedRulesAmazonIpReputationList = { priority = 20, counted = [] }
    AWSManagedRulesCommonRuleSet          = { priority = 30, counted = ["SizeRestrictions_BODY"] }
    AWSManagedRulesSQLiRuleSet            = { priority = 50, counted = [] }
  }
}

# In front of CloudFront, where an address is the visitor's own. Behind it only X-Forwarded-For has that, and the firewall
# reads its first entry, which anybody may invent.
resource "aws_wafv2_web_acl" "viewers" {
  name        = "${var.catalog.cluster}-viewers"
  description = "What visitors send to ${var.catalog.domain}"
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  association_config {
    request_body {
      cloudfront {
        default_size_inspection_limit = "KB_64"
      }
    }
  }

  rule {
    name     = "requests-per-address"
    priority = 0

    action {
      block {
        custom_response {
          response_code = 429
        }
      }
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        limit                 = var.web_requests_per_5_minutes
        evaluation_window_sec = 300
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = false
      metric_name                = "requests-per-address"
    }
  }

  rule {
    name     = "body-size"
    priority = 10

    action {
      block {
        custom_response {
          response_code = 413
        }
      }
    }

    statement {
      and_statement {
        statement {
          size_constraint_statement {
            comparison_operator = "GT"
            size                = var.body_bytes

            field_to_match {
              body {
                # What is longer than the firewall reads is longer than the limit.
                oversize_handling = "MATCH"
              }
            }

            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }

        statement {
          not_statement {
            statement {
              regex_match_statement {
                regex_string = "^(${join("|", sort(var.larger_body_paths))})$"

                field_to_match {
                  uri_path {}
                }

                text_transformation {
                  priority = 0
                  type     = "NONE"
                }
              }
            }
          }
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = false
      metric_name                = "body-size"
    }
  }

  dynamic "rule" {
    for_each = local.managed_rules

    content {
      name     = rule.key
      priority = rule.value.priority

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.key

          dynamic "rule_action_override" {
            for_each = toset(rule.value.counted)

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        sampled_requests_enabled   = false
        metric_name                = rule.key
      }
    }
  }

  # Stands by itself, so that scanners see it.
  rule {
    name     = "AWSManagedRulesKnownBadInputsRuleSet"
    priority = 40

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

  visibility_config {
    cloudwatch_metrics_enabled = true
    # Samples would show whole requests, cookies included, to whoever may look at the firewall.
    sampled_requests_enabled = false
    metric_name              = "${var.catalog.cluster}-viewers"
  }
}
