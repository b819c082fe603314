resource "aws_vpc_security_group_egress_rule" "to_platform" {
  for_each = local.service_platform_calls

  security_group_id            = local.groups[each.value.service]
  description                  = "The platform: ${each.value.what}"
  referenced_security_group_id = var.cluster_security_group_id
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = each.value.port

  tags = { Name = "${var.catalog.cluster}-platform" }
}

resource "aws_vpc_security_group_egress_rule" "to_endpoints" {
  for_each = var.catalog.services

  security_group_id            = local.groups[each.key]
  description                  = "AWS services through interface endpoints"
  referenced_security_group_id = var.endpoints_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = local.ports.https
  to_port                      = local.ports.https

  tags = { Name = "${var.catalog.cluster}-endpoints" }
}

resource "aws_vpc_security_group_egress_rule" "to_s3" {
  for_each = var.catalog.services

  security_group_id = local.groups[each.key]
  description       = "Buckets and image layers through the S3 endpoint"
  prefix_list_id    = var.s3_prefix_list_id
  ip_protocol       = "tcp"
  from_port         = local.ports.https
  to_port           = local.ports.https

  tags = { Name = "${var.catalog.cluster}-s3" }
}

# Cognito's keys, mail and the payment company have names, not addresses: a security group cannot say which.
resource "aws_vpc_security_group_egress_rule" "to_internet" {
  for_each = var.catalog.services

  security_group_id = local.groups[each.key]
  description       = "HTTPS to the internet by NAT"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = local.ports.https
  to_port           = local.ports.https

  tags = { Name = "${var.catalog.cluster}-internet" }
}

resource "aws_vpc_security_group_egress_rule" "to_itself" {
  for_each = var.catalog.services

  security_group_id            = local.groups[each.key]
  description                  = "The service itself, after a release"
  referenced_security_group_id = local.groups[each.key]
  ip_protocol                  = "tcp"
  from_port                    = local.ports.http
  to_port                      = local.ports.http

  tags = { Name = "${var.catalog.cluster}-${each.key}" }
}

resource "aws_vpc_security_group_egress_rule" "to_callee" {
  for_each = local.calls

  security_group_id            = local.groups[each.value.caller]
  description                  = "Calls to the service ${each.value.callee}"
  referenced_security_group_id = local.groups[each.value.callee]
  ip_protocol                  = "tcp"
  from_port                    = local.ports.http
  to_port                      = local.ports.http

  tags = { Name = "${var.catalog.cluster}-${each.value.callee}" }
}

resource "aws_vpc_security_group_egress_rule" "to_store" {
  for_each = local.store_calls

  security_group_id = local.groups[each.value.service]
  description       = "The ${each.value.store} in zone ${each.value.zone}"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = local.ports[each.value.store]
  to_port           = local.ports[each.value.store]

  tags = { Name = "${var.catalog.cluster}-${each.value.store}" }
}
