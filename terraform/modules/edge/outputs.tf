output "certificate_arn" {
  description = "The certificate of the domain, of argocd. and of images., once it is issued. In us-east-1, so for CloudFront and the load balancer."
  value       = aws_acm_certificate_validation.this.certificate_arn
}

output "web_acl_arn" {
  description = "The load balancer's web ACL, which admits our CloudFront distribution only."
  value       = aws_wafv2_web_acl.origin.arn
}

output "viewers_web_acl_arn" {
  description = "CloudFront's web ACL, for other distributions too."
  value       = aws_wafv2_web_acl.viewers.arn
}

output "ssl_policy" {
  description = "The load balancer's TLS policy."
  value       = var.ssl_policy
}

output "access_log_bucket" {
  description = "The bucket of the load balancer's access logs, by name."
  value       = aws_s3_bucket.access_logs.bucket

  # A load balancer that may not write there cannot be made.
  depends_on = [aws_s3_bucket_policy.access_logs]
}

output "load_balancer_security_group_id" {
  description = "The load balancer's security group."
  value       = aws_security_group.load_balancer.id
}

output "service_security_group_ids" {
  description = "By service: the security group of its pods."
  value       = local.groups
}

output "zone_id" {
  description = "The zone of the domain."
  value       = aws_route53_zone.this.zone_id
}

output "name_servers" {
  description = "What the parent domain has to name as NS of the domain."
  value       = aws_route53_zone.this.name_servers
}

output "cloudfront_domain" {
  description = "CloudFront's own name for the page; null until is_serving."
  value       = one([for distribution in aws_cloudfront_distribution.this : distribution.domain_name])
}

output "inventory" {
  description = "What the module builds, counted by plain noun."
  value = {
    "DNS zones"       = 1
    "certificates"    = 1
    "distributions"   = length(aws_cloudfront_distribution.this)
    "web ACLs"        = 2
    "log buckets"     = 1
    "log groups"      = length(aws_cloudwatch_log_group.this)
    "security groups" = 1 + length(aws_security_group.service)
    "security group rules" = sum([
      2, # from CloudFront, and from the load balancer to Argo CD
      length(aws_vpc_security_group_egress_rule.load_balancer),
      length(aws_vpc_security_group_ingress_rule.from_load_balancer),
      length(aws_vpc_security_group_ingress_rule.from_platform),
      length(aws_vpc_security_group_ingress_rule.from_itself),
      length(aws_vpc_security_group_ingress_rule.from_caller),
      length(aws_vpc_security_group_ingress_rule.cluster_from_service),
      length(aws_vpc_security_group_egress_rule.to_platform),
      length(aws_vpc_security_group_egress_rule.to_endpoints),
      length(aws_vpc_security_group_egress_rule.to_s3),
      length(aws_vpc_security_group_egress_rule.to_internet),
      length(aws_vpc_security_group_egress_rule.to_itself),
      length(aws_vpc_security_group_egress_rule.to_callee),
      length(aws_vpc_security_group_egress_rule.to_store),
    ])
  }
}
