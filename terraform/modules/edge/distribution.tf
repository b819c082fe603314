locals {
  # The distribution needs the load balancer as its origin, and that is made by the cluster.
  serving       = toset(var.is_serving ? ["page"] : [])
  origin        = "load-balancer"
  secret_header = "x-millrace-origin"
}

data "aws_lb" "this" {
  for_each = local.serving

  # How the load balancer controller marks what it makes for the group of Ingresses "millrace".
  tags = {
    "elbv2.k8s.aws/cluster" = var.catalog.cluster
    "ingress.k8s.aws/stack" = "millrace"
  }
}

data "aws_cloudfront_cache_policy" "nothing" {
  name = "Managed-CachingDisabled"
}

data "aws_cloudfront_origin_request_policy" "everything" {
  name = "Managed-AllViewer"
}

resource "aws_cloudfront_distribution" "this" {
  for_each = local.serving

  #checkov:skip=CKV_AWS_86:Access is logged by a delivery of CloudWatch Logs, which leaves out the visitor's address (access-logs.tf).
  #checkov:skip=CKV_AWS_305:The path / is answered by the dashboard, not by a file.
  #checkov:skip=CKV_AWS_310:There is one load balancer, in all zones; a second origin would need a second cluster.
  #checkov:skip=CKV2_AWS_47:The rules against Log4j are there; it asks for the list of anonymous addresses too, which would shut out webhooks of the payment company and people behind a VPN.
  #checkov:skip=CKV_AWS_374:The shop is open to every country.
  comment         = "${var.catalog.cluster}: the page, the APIs and Argo CD"
  aliases         = [var.catalog.domain, local.argocd_domain]
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  price_class     = "PriceClass_100"
  web_acl_id      = aws_wafv2_web_acl.viewers.arn

  origin {
    origin_id   = local.origin
    domain_name = data.aws_lb.this[each.key].dns_name

    custom_header {
      name  = local.secret_header
      value = random_password.origin[local.newest_secret].result
    }

    custom_origin_config {
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
      http_port              = 80
      https_port             = 443
      # As long as the load balancer waits; streams send a line every 15 seconds.
      origin_read_timeout = 60
      # Shorter than the load balancer's 60, so that it is never the one that hangs up first.
      origin_keepalive_timeout = 50
    }
  }

  # APIs, sessions and Argo CD: every request goes through as it came, the Host too, which the load balancer routes by.
  default_cache_behavior {
    target_origin_id           = local.origin
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = false
    cache_policy_id            = data.aws_cloudfront_cache_policy.nothing.id
    origin_request_policy_id   = data.aws_cloudfront_origin_request_policy.everything.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
  }

  ordered_cache_behavior {
    path_pattern               = "/assets/*"
    target_origin_id           = local.origin
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = aws_cloudfront_cache_policy.assets.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
  }

  # CloudFront keeps errors for ten seconds, even where it keeps nothing else: one visitor's 404 would be another's.
  dynamic "custom_error_response" {
    for_each = toset([400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504])

    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = aws_acm_certificate_validation.this.certificate_arn
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }

  tags = { Name = var.catalog.cluster }
}

# As long as the answer's Cache-Control says, and not at all where it says nothing. The Host is in the key, because the page
# and Argo CD have files of the same path; it also goes to the load balancer, which no other header or cookie does.
resource "aws_cloudfront_cache_policy" "assets" {
  name        = "${var.catalog.cluster}-assets"
  comment     = "Files whose names change with their content"
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 31536000

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    headers_config {
      header_behavior = "whitelist"

      headers {
        items = ["Host"]
      }
    }

    cookies_config {
      cookie_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

# The services send these themselves; this is for answers of CloudFront and the load balancer.
resource "aws_cloudfront_response_headers_policy" "this" {
  #checkov:skip=CKV_AWS_259:What a service says of itself wins, and preload would promise TLS for years for a whole domain that may not be ours.
  name    = var.catalog.cluster
  comment = "TLS only and no guessing of types, where the origin did not say so"

  security_headers_config {
    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = true
      override                   = false
    }

    content_type_options {
      override = false
    }
  }
}
