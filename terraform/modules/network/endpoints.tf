resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.catalog.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = concat([for table in aws_route_table.app : table.id], [aws_route_table.data.id])
  policy            = data.aws_iam_policy_document.s3.json

  tags = { Name = "${var.catalog.cluster}-s3" }
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.interface_endpoints

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.catalog.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = [for subnet in aws_subnet.app : subnet.id]
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
  policy              = data.aws_iam_policy_document.interface[each.key].json

  tags = { Name = "${var.catalog.cluster}-${replace(each.key, ".", "-")}" }
}

resource "aws_security_group" "endpoints" {
  name        = "${var.catalog.cluster}-endpoints"
  description = "AWS services inside the VPC"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.catalog.cluster}-endpoints" }
}

# Pods that have the cluster's group, and builds that have their own, call too: so the rule is by address.
resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  for_each = local.zones

  security_group_id = aws_security_group.endpoints.id
  description       = "HTTPS from the app subnet of zone ${each.key}"
  cidr_ipv4         = each.value.app_cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443

  tags = { Name = "${var.catalog.cluster}-app-${each.key}" }
}
