resource "aws_security_group" "this" {
  name        = "${var.catalog.cluster}-warehouse"
  description = "The warehouse: only services that use it come in, it goes out to S3 alone"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.catalog.cluster}-warehouse" }
}

resource "aws_vpc_security_group_ingress_rule" "service" {
  for_each = toset([for name, service in var.catalog.services : name if service.uses_warehouse])

  security_group_id            = aws_security_group.this.id
  description                  = "Redshift from ${each.key}"
  referenced_security_group_id = var.security_group_ids[each.key]
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

# With enhanced VPC routing COPY reaches S3 from here, by the gateway endpoint of the data subnets.
data "aws_ec2_managed_prefix_list" "s3" {
  name = "com.amazonaws.${var.catalog.region}.s3"
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  security_group_id = aws_security_group.this.id
  description       = "S3"
  prefix_list_id    = data.aws_ec2_managed_prefix_list.s3.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
