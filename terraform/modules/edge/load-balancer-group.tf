data "aws_ec2_managed_prefix_list" "cloudfront" {
  name = "com.amazonaws.global.cloudfront.origin-facing"
}

resource "aws_security_group" "load_balancer" {
  #checkov:skip=CKV2_AWS_5:The load balancer controller attaches it, by an annotation of the Ingresses.
  name        = "${var.catalog.cluster}-load-balancer"
  description = "The load balancer behind CloudFront"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.catalog.cluster}-load-balancer" }
}

# CloudFront speaks HTTPS only, so port 80 stays shut. A second rule would not fit either: the list counts for 55 of the 60
# rules that a group may have.
resource "aws_vpc_security_group_ingress_rule" "load_balancer" {
  security_group_id = aws_security_group.load_balancer.id
  description       = "HTTPS from CloudFront"
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cloudfront.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443

  tags = { Name = "${var.catalog.cluster}-cloudfront" }
}

resource "aws_vpc_security_group_egress_rule" "load_balancer" {
  for_each = merge(
    { for name in local.routed_services : name => aws_security_group.service[name].id },
    # Argo CD's server has the cluster's group.
    { argocd = var.cluster_security_group_id },
  )

  security_group_id            = aws_security_group.load_balancer.id
  description                  = "Requests and health checks to ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = local.ports.http
  to_port                      = local.ports.http

  tags = { Name = "${var.catalog.cluster}-${each.key}" }
}
