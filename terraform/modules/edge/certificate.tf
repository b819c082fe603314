# One for CloudFront, the load balancer behind it (which is asked for the same names) and the images' distribution.
resource "aws_acm_certificate" "this" {
  domain_name               = var.catalog.domain
  subject_alternative_names = [local.argocd_domain, local.images_domain]
  validation_method         = "DNS"

  tags = { Name = var.catalog.domain }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = {
    for option in aws_acm_certificate.this.domain_validation_options : option.domain_name => option
  }

  zone_id = aws_route53_zone.this.zone_id
  name    = each.value.resource_record_name
  type    = each.value.resource_record_type
  ttl     = 300
  records = [each.value.resource_record_value]
}

# Waits until the domain is delegated to the zone: see the README.
resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}
