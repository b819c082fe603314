resource "aws_vpc_security_group_ingress_rule" "from_load_balancer" {
  for_each = local.routed_services

  security_group_id            = local.groups[each.key]
  description                  = "Requests and health checks of the load balancer"
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = local.ports.http
  to_port                      = local.ports.http

  tags = { Name = "${var.catalog.cluster}-load-balancer" }
}

resource "aws_vpc_security_group_ingress_rule" "from_platform" {
  for_each = local.service_platform_visits

  security_group_id            = local.groups[each.value.service]
  description                  = "The platform: ${each.value.what}"
  referenced_security_group_id = var.cluster_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port

  tags = { Name = "${var.catalog.cluster}-platform" }
}

# The Job that tries a new version asks its own service's pods.
resource "aws_vpc_security_group_ingress_rule" "from_itself" {
  for_each = var.catalog.services

  security_group_id            = local.groups[each.key]
  description                  = "The service itself, after a release"
  referenced_security_group_id = local.groups[each.key]
  ip_protocol                  = "tcp"
  from_port                    = local.ports.http
  to_port                      = local.ports.http

  tags = { Name = "${var.catalog.cluster}-${each.key}" }
}

resource "aws_vpc_security_group_ingress_rule" "from_caller" {
  for_each = local.calls

  security_group_id            = local.groups[each.value.callee]
  description                  = "Calls of the service ${each.value.caller}"
  referenced_security_group_id = local.groups[each.value.caller]
  ip_protocol                  = "tcp"
  from_port                    = local.ports.http
  to_port                      = local.ports.http

  tags = { Name = "${var.catalog.cluster}-${each.value.caller}" }
}
