resource "aws_security_group" "this" {
  name        = "${var.catalog.cluster}-aurora"
  description = "The database: only services that have one come in, nothing goes out"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.catalog.cluster}-aurora" }
}

resource "aws_vpc_security_group_ingress_rule" "service" {
  for_each = local.databases

  security_group_id            = aws_security_group.this.id
  description                  = "PostgreSQL from ${each.key}"
  referenced_security_group_id = var.security_group_ids[each.key]
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}
