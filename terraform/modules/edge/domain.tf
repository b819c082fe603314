locals {
  argocd_domain = "argocd.${var.catalog.domain}"
  images_domain = "images.${var.catalog.domain}"
}

resource "aws_route53_zone" "this" {
  #checkov:skip=CKV2_AWS_38:DNSSEC needs a record in the parent zone, which is not ours; signing without it protects nothing and can only break.
  name    = var.catalog.domain
  comment = "Everything public of ${var.catalog.cluster}"
}

# Nobody but AWS may issue a certificate for the domain.
resource "aws_route53_record" "issuers" {
  zone_id = aws_route53_zone.this.zone_id
  name    = var.catalog.domain
  type    = "CAA"
  ttl     = 3600
  records = ["0 issue \"amazon.com\"", "0 issuewild \";\""]
}

resource "aws_route53_query_log" "this" {
  zone_id                  = aws_route53_zone.this.zone_id
  cloudwatch_log_group_arn = aws_cloudwatch_log_group.this["queries"].arn

  depends_on = [aws_cloudwatch_log_resource_policy.this]
}

resource "aws_route53_record" "page" {
  for_each = {
    for pair in setproduct(local.serving, [var.catalog.domain, local.argocd_domain], ["A", "AAAA"]) :
    "${pair[1]} ${pair[2]}" => { name = pair[1], type = pair[2], distribution = aws_cloudfront_distribution.this[pair[0]] }
  }

  zone_id = aws_route53_zone.this.zone_id
  name    = each.value.name
  type    = each.value.type

  alias {
    name                   = each.value.distribution.domain_name
    zone_id                = each.value.distribution.hosted_zone_id
    evaluate_target_health = false
  }
}
