# EKS puts no control plane into some zones. They have ids, and which letter an id has differs between accounts.
data "aws_availability_zones" "here" {
  exclude_zone_ids = ["cac1-az3", "use1-az3", "usw1-az2"]

  filter {
    name   = "zone-name"
    values = [for zone in local.zones : zone.name]
  }
}

locals {
  # A zone keeps its letter and its addresses for ever: neither depends on which zones AWS lists today.
  zones = {
    for index, letter in slice(["a", "b", "c", "d", "e", "f"], 0, var.catalog.zone_count) : letter => {
      name        = "${var.catalog.region}${letter}"
      public_cidr = cidrsubnet(var.vpc_cidr, 8, index)
      data_cidr   = cidrsubnet(var.vpc_cidr, 8, 8 + index)
      app_cidr    = cidrsubnet(var.vpc_cidr, 4, index + 1)
    }
  }
  shared_with_cluster = { "kubernetes.io/cluster/${var.catalog.cluster}" = "shared" }
}

# For the load balancer and the NAT gateways, which bring their own addresses.
resource "aws_subnet" "public" {
  for_each = local.zones

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.value.name
  cidr_block              = each.value.public_cidr
  map_public_ip_on_launch = false

  tags = merge(local.shared_with_cluster, {
    Name                     = "${var.catalog.cluster}-public-${each.key}"
    "kubernetes.io/role/elb" = "1"
  })

  lifecycle {
    precondition {
      condition     = contains(data.aws_availability_zones.here.names, each.value.name)
      error_message = "The account has no zone ${each.value.name}, or EKS has no control plane there (use1-az3, usw1-az2, cac1-az3). Lower zoneCount in catalog/environments.ts, or build the environment in another account, whose letters stand for other zones."
    }
  }
}

# For pods, endpoints and the control plane's interfaces.
resource "aws_subnet" "app" {
  for_each = local.zones

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.value.name
  cidr_block              = each.value.app_cidr
  map_public_ip_on_launch = false

  tags = merge(local.shared_with_cluster, {
    Name                              = "${var.catalog.cluster}-app-${each.key}"
    "kubernetes.io/role/internal-elb" = "1"
  })
}

# For databases, caches and the warehouse.
resource "aws_subnet" "data" {
  for_each = local.zones

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.value.name
  cidr_block              = each.value.data_cidr
  map_public_ip_on_launch = false

  tags = { Name = "${var.catalog.cluster}-data-${each.key}" }
}
