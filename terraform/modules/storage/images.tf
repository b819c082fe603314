# Pictures of products, which everybody may see: the bucket stays closed, and CloudFront reads it with signed requests.
locals {
  images_domain = "images.${var.catalog.domain}"
}

resource "aws_cloudfront_origin_access_control" "images" {
  name                              = "${var.catalog.cluster}-images"
  description                       = "CloudFront signs what it asks of the bucket of products."
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

data "aws_cloudfront_cache_policy" "images" {
  name = "Managed-CachingOptimized"
}

resource "aws_cloudfront_distribution" "images" {
  #checkov:skip=CKV_AWS_68:It answers GET of pictures from one closed bucket; there is nothing behind it that rules of a firewall could save.
  #checkov:skip=CKV2_AWS_47:Nothing behind it runs Java, or any program.
  #checkov:skip=CKV_AWS_86:The log goes by standard logging v2 (image-log.tf), which leaves addresses of people out; this rule knows the old logging only.
  #checkov:skip=CKV_AWS_305:There is no page at its root.
  #checkov:skip=CKV_AWS_310:There is one bucket; its copy would be a second bill and no second source.
  #checkov:skip=CKV_AWS_374:The shop sells to every country.
  comment         = "${var.catalog.cluster} pictures of products"
  aliases         = [local.images_domain]
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  price_class     = "PriceClass_100"

  origin {
    origin_id                = "products"
    domain_name              = aws_s3_bucket.data["products"].bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.images.id
  }

  default_cache_behavior {
    target_origin_id           = "products"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    viewer_protocol_policy     = "redirect-to-https"
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.images.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.images.id
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = var.certificate_arn
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }
}

# A file that only pretends to be a picture is shown as none, and runs nothing.
resource "aws_cloudfront_response_headers_policy" "images" {
  name    = "${var.catalog.cluster}-images"
  comment = "Pictures, and nothing that runs."

  security_headers_config {
    content_type_options {
      override = true
    }
    content_security_policy {
      content_security_policy = "default-src 'none'; sandbox"
      override                = true
    }
    frame_options {
      frame_option = "DENY"
      override     = true
    }
    referrer_policy {
      referrer_policy = "no-referrer"
      override        = true
    }
    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = true
      preload                    = true
      override                   = true
    }
  }

  custom_headers_config {
    # The page is of another origin.
    items {
      header   = "cross-origin-resource-policy"
      value    = "cross-origin"
      override = true
    }
  }
}

data "aws_iam_policy_document" "images" {
  statement {
    sid     = "CloudFrontRead"
    actions = ["s3:GetObject"]
    # Keys are product/image/<product>/<uuid>.
    resources = ["${aws_s3_bucket.data["products"].arn}/product/image/*"]
    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudfront_distribution.images.arn]
    }
  }
}

resource "aws_route53_record" "images" {
  for_each = toset(["A", "AAAA"])

  zone_id = var.zone_id
  name    = local.images_domain
  type    = each.key

  alias {
    name                   = aws_cloudfront_distribution.images.domain_name
    zone_id                = aws_cloudfront_distribution.images.hosted_zone_id
    evaluate_target_health = false
  }
}
