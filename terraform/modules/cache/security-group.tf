resource "aws_security_group" "this" {
  name        = "${var.catalog.cluster}-cache"
  description = "The cache: only services with a user of it come in, nothing goes out"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.catalog.cluster}-cache" }
}

resource "aws_vpc_security_group_ingress_rule" "service" {
  for_each = local.users

  security_group_id            = aws_security_group.this.id
  description                  = "Valkey from ${each.key}"
  referenced_security_group_id = var.security_group_ids[each.key]
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}
