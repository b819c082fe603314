variables {
  catalog = {
    cluster = "dev-millrace"
    account = "123456789012"
    region  = "us-east-1"
    domain  = "dev.millrace.example"
    services = {
      order = {
        calls = ["product"], database = { name = "order" }, cache_user = null, uses_warehouse = false, routes = ["/api/orders"]
      }
      product = {
        calls = [], database = { name = "product" }, cache_user = "dev-millrace-product", uses_warehouse = true, routes = ["/api/products"]
      }
      clock = { calls = [], database = null, cache_user = null, uses_warehouse = false, routes = [] }
    }
  }
  vpc_id                      = "vpc-00000000000000001"
  zones                       = { a = { data_cidr = "10.0.8.0/24" }, b = { data_cidr = "10.0.9.0/24" }, c = { data_cidr = "10.0.10.0/24" } }
  cluster_security_group_id   = "sg-00000000000000001"
  endpoints_security_group_id = "sg-00000000000000002"
  s3_prefix_list_id           = "pl-00000001"
  logs_bucket                 = { name = "dev-millrace-logs-123456789012" }
  logs_key_arn                = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000001"
  log_retention_days          = 14
  web_requests_per_5_minutes  = 2000
}

run "cloudfront_stands_in_front_of_everything" {
  command = apply

  module { source = "./modules/edge" }

  assert {
    condition     = aws_cloudfront_distribution.this["page"].aliases == toset(["dev.millrace.example", "argocd.dev.millrace.example"])
    error_message = "The distribution answers for other names."
  }

  assert {
    condition     = aws_cloudfront_distribution.this["page"].web_acl_id == aws_wafv2_web_acl.viewers.arn && aws_wafv2_web_acl.viewers.scope == "CLOUDFRONT"
    error_message = "The distribution has no web ACL."
  }

  assert {
    condition = alltrue([
      for origin in aws_cloudfront_distribution.this["page"].origin :
      origin.custom_origin_config[0].origin_protocol_policy == "https-only" && [for header in origin.custom_header : header.name] == ["x-millrace-origin"]
    ])
    error_message = "CloudFront reaches the load balancer without TLS or without its secret."
  }

  assert {
    condition     = aws_cloudfront_distribution.this["page"].viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
    error_message = "Visitors may use an old TLS."
  }

  assert {
    condition     = length(aws_cloudfront_distribution.this["page"].custom_error_response) == 11 && alltrue([for response in aws_cloudfront_distribution.this["page"].custom_error_response : response.error_caching_min_ttl == 0])
    error_message = "CloudFront keeps errors."
  }

  assert {
    condition     = aws_cloudfront_distribution.this["page"].ordered_cache_behavior[0].path_pattern == "/assets/*" && aws_cloudfront_cache_policy.assets.parameters_in_cache_key_and_forwarded_to_origin[0].headers_config[0].headers[0].items == toset(["Host"])
    error_message = "The page and Argo CD would get each other's files."
  }

  assert {
    condition     = length(setintersection(aws_cloudwatch_log_delivery.access["page"].record_fields, ["c-ip", "x-forwarded-for", "cs(Cookie)", "cs-uri-query", "cs(Referer)", "asn"])) == 0
    error_message = "The access log has fields of visitors."
  }

  assert {
    condition     = toset(keys(aws_route53_record.page)) == toset(["dev.millrace.example A", "dev.millrace.example AAAA", "argocd.dev.millrace.example A", "argocd.dev.millrace.example AAAA"])
    error_message = "A name of the domain leads nowhere."
  }

  assert {
    condition     = aws_acm_certificate.this.subject_alternative_names == toset(["argocd.dev.millrace.example", "images.dev.millrace.example"]) && toset(keys(aws_route53_record.validation)) == toset(["dev.millrace.example", "argocd.dev.millrace.example", "images.dev.millrace.example"])
    error_message = "The certificate covers other names, or one is not proven."
  }
}

run "the_firewalls_hold" {
  command = apply

  module { source = "./modules/edge" }

  assert {
    condition = toset([for rule in aws_wafv2_web_acl.viewers.rule : rule.name]) == toset([
      "requests-per-address", "body-size", "AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesSQLiRuleSet",
    ])
    error_message = "A rule of the visitors' web ACL is missing."
  }

  assert {
    condition = one([
      for rule in aws_wafv2_web_acl.viewers.rule : rule.statement[0].rate_based_statement[0] if rule.name == "requests-per-address"
    ]).limit == 2000
    error_message = "The rate is not the environment's."
  }

  assert {
    condition = one([
      for rule in aws_wafv2_web_acl.viewers.rule : rule.statement[0].and_statement[0] if rule.name == "body-size"
    ]).statement[1].not_statement[0].statement[0].regex_match_statement[0].regex_string == "^(/api/analytics/import|/api/orders)$"
    error_message = "Other paths may have larger bodies."
  }

  assert {
    condition     = length(aws_wafv2_web_acl.origin.default_action[0].block) == 1 && length(aws_wafv2_web_acl.origin.rule) == 2 && aws_wafv2_web_acl.origin.scope == "REGIONAL"
    error_message = "The load balancer answers others than CloudFront."
  }

  assert {
    condition = one([
      for rule in aws_wafv2_web_acl.origin.rule : rule.statement[0].byte_match_statement[0] if rule.name == "from-cloudfront-1"
    ]).search_string == random_password.origin["1"].result
    error_message = "The load balancer asks for another secret."
  }

  assert {
    condition     = toset(keys(aws_wafv2_web_acl_logging_configuration.this)) == toset(["viewers", "origin"]) && alltrue([for log in values(aws_wafv2_web_acl_logging_configuration.this) : length(log.redacted_fields) == 4])
    error_message = "A web ACL does not log, or logs secrets."
  }

  assert {
    condition     = alltrue([for group in values(aws_cloudwatch_log_group.this) : group.kms_key_id == var.logs_key_arn])
    error_message = "A log group is not encrypted with the key."
  }

  assert {
    condition     = [for name in ["viewers", "origin", "queries", "access"] : aws_cloudwatch_log_group.this[name].retention_in_days] == [7, 7, 7, 14]
    error_message = "Visitors' addresses are kept for longer than a week."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_cloudwatch_log_resource_policy.this.policy_document).Statement : statement.Condition.StringEquals["aws:SourceAccount"] == "123456789012"])
    error_message = "Other accounts may write our logs."
  }
}

run "load_balancer_logs_are_private_and_short_lived" {
  command = apply

  module { source = "./modules/edge" }

  assert {
    condition     = output.access_log_bucket == "dev-millrace-alb-logs-123456789012" && one(aws_s3_bucket_lifecycle_configuration.access_logs.rule).expiration[0].days == 7
    error_message = "The bucket has another name than the platform contract's, or keeps logs for longer than a week."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.access_logs.policy).Statement[0].Condition.ArnLike["aws:SourceArn"] == "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/*" && jsondecode(aws_s3_bucket_policy.access_logs.policy).Statement[1].Effect == "Deny"
    error_message = "Others may write logs, or without TLS."
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.access_logs.block_public_policy && aws_s3_bucket_public_access_block.access_logs.restrict_public_buckets
    error_message = "The bucket could be made public."
  }
}

run "services_reach_what_the_catalog_says_and_no_more" {
  command = apply

  module { source = "./modules/edge" }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.load_balancer.from_port == 443 && aws_vpc_security_group_ingress_rule.load_balancer.prefix_list_id == data.aws_ec2_managed_prefix_list.cloudfront.id
    error_message = "The load balancer is open to others than CloudFront."
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.from_caller)) == toset(["order product"]) && aws_vpc_security_group_ingress_rule.from_caller["order product"].security_group_id == output.service_security_group_ids["product"]
    error_message = "Services are open to others than their callers."
  }

  assert {
    condition = {
      for key, rule in aws_vpc_security_group_egress_rule.to_store : key => "${rule.cidr_ipv4} ${rule.from_port}" if strcontains(key, " a")
      } == {
      "order database a"    = "10.0.8.0/24 5432"
      "product database a"  = "10.0.8.0/24 5432"
      "product cache a"     = "10.0.8.0/24 6379"
      "product warehouse a" = "10.0.8.0/24 5439"
    }
    error_message = "A service reaches another store, or not its own."
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.from_load_balancer)) == toset(["order", "product"])
    error_message = "The load balancer reaches a service without a route, or misses one."
  }

  assert {
    condition     = toset([for key, rule in aws_vpc_security_group_ingress_rule.cluster_from_service : "${rule.ip_protocol} ${rule.from_port}" if startswith(key, "order ")]) == toset(["udp 53", "tcp 53", "tcp 443", "tcp 4318"])
    error_message = "A service reaches other ports of the platform."
  }

  assert {
    condition     = alltrue([for rule in values(aws_vpc_security_group_egress_rule.to_internet) : rule.from_port == 443 && rule.to_port == 443])
    error_message = "A service reaches more than HTTPS of the internet."
  }

  # AWS refuses other characters, the apostrophe among them.
  assert {
    condition = alltrue([
      for text in concat(
        [for rule in concat(values(aws_vpc_security_group_ingress_rule.from_platform), values(aws_vpc_security_group_ingress_rule.cluster_from_service)) : rule.description],
        [for rule in concat(values(aws_vpc_security_group_egress_rule.to_platform), values(aws_vpc_security_group_egress_rule.load_balancer), values(aws_vpc_security_group_egress_rule.to_store)) : rule.description],
        [aws_vpc_security_group_ingress_rule.cluster_from_load_balancer.description],
      ) : can(regex("^[a-zA-Z0-9. _:/()#,@+=&;{}!$*-]+$", text))
    ])
    error_message = "A rule's description has a character that AWS refuses."
  }

  assert {
    condition = output.inventory == {
      "DNS zones" = 1, "certificates" = 1, "distributions" = 1, "web ACLs" = 2, "log buckets" = 1, "log groups" = 4, "security groups" = 4, "security group rules" = 66
    }
    error_message = "The module builds something else: ${jsonencode(output.inventory)}"
  }
}

run "before_the_first_sync_there_is_no_distribution" {
  command = apply

  module { source = "./modules/edge" }

  variables {
    is_serving = false
  }

  assert {
    condition     = length(aws_cloudfront_distribution.this) == 0 && length(aws_route53_record.page) == 0 && length(data.aws_lb.this) == 0 && output.cloudfront_domain == null
    error_message = "Something waits for a load balancer that is not there yet."
  }
}

run "both_secrets_are_taken_while_one_is_changed" {
  command = apply

  module { source = "./modules/edge" }

  variables {
    origin_secrets = ["1", "2"]
  }

  assert {
    condition     = length(aws_wafv2_web_acl.origin.rule) == 3 && one([for origin in aws_cloudfront_distribution.this["page"].origin : one(origin.custom_header).value]) == random_password.origin["2"].result
    error_message = "The old secret is refused too early, or sent too long."
  }
}

run "another_region_is_refused" {
  command = plan

  module { source = "./modules/edge" }

  variables {
    catalog = { cluster = "dev-millrace", account = "123456789012", region = "eu-west-1", domain = "dev.millrace.example", services = {} }
  }

  expect_failures = [var.catalog]
}

run "a_call_of_an_unknown_service_is_refused" {
  command = plan

  module { source = "./modules/edge" }

  variables {
    catalog = {
      cluster  = "dev-millrace", account = "123456789012", region = "us-east-1", domain = "dev.millrace.example"
      services = { order = { calls = ["stock"], database = null, cache_user = null, uses_warehouse = false, routes = [] } }
    }
  }

  expect_failures = [var.catalog]
}

run "values_that_protect_nobody_are_refused" {
  command = plan

  module { source = "./modules/edge" }

  variables {
    web_requests_per_5_minutes = 1000000
    body_bytes                 = 1048576
    ssl_policy                 = "ELBSecurityPolicy-2016-08"
    larger_body_paths          = ["/api/.*"]
    origin_secrets             = []
    log_retention_days         = 8
    logs_key_arn               = "alias/dev-millrace-logs"
  }

  expect_failures = [
    var.web_requests_per_5_minutes, var.body_bytes, var.ssl_policy, var.larger_body_paths, var.origin_secrets, var.log_retention_days, var.logs_key_arn,
  ]
}
