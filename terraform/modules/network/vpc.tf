data "aws_partition" "current" {}

resource "aws_vpc" "this" {
  cidr_block = var.vpc_cidr

  # Interface endpoints answer under the services' own names, and Fargate needs both.
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.catalog.cluster }

  lifecycle {
    # Two networks overlap where they are the same when both are cut to the shorter of their prefixes.
    precondition {
      condition = alltrue([
        for cidr in var.reserved_cidrs :
        cidrhost("${split("/", cidr)[0]}/${min(tonumber(split("/", cidr)[1]), 16)}", 0)
        != cidrhost("${split("/", var.vpc_cidr)[0]}/${min(tonumber(split("/", cidr)[1]), 16)}", 0)
      ])
      error_message = "vpc_cidr ${var.vpc_cidr} overlaps one of reserved_cidrs (${join(", ", var.reserved_cidrs)}). Give the VPC another /16."
    }
  }
}

# What names no group of its own gets this one, which lets nothing in or out.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.catalog.cluster}-closed" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.catalog.cluster }
}
