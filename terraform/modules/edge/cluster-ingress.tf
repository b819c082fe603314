# The other half of what services say to the platform.
resource "aws_vpc_security_group_ingress_rule" "cluster_from_service" {
  for_each = local.service_platform_calls

  security_group_id            = var.cluster_security_group_id
  description                  = "The service ${each.value.service}: ${each.value.what}"
  referenced_security_group_id = local.groups[each.value.service]
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = each.value.port

  tags = { Name = "${var.catalog.cluster}-${each.value.service}" }
}

# Argo CD's server: the load balancer controller is told to change no rules.
resource "aws_vpc_security_group_ingress_rule" "cluster_from_load_balancer" {
  security_group_id            = var.cluster_security_group_id
  description                  = "The load balancer to the server of Argo CD"
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = local.ports.http
  to_port                      = local.ports.http

  tags = { Name = "${var.catalog.cluster}-load-balancer" }
}
