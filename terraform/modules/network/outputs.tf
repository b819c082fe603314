output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "vpc_cidr" {
  description = "The addresses of the VPC."
  value       = aws_vpc.this.cidr_block
}

output "zones" {
  description = "By letter: a zone's name, the addresses of its app and its data subnet, and its three subnets."
  value = {
    for letter, zone in local.zones : letter => {
      name             = zone.name
      cidr             = zone.app_cidr
      data_cidr        = zone.data_cidr
      app_subnet_id    = aws_subnet.app[letter].id
      public_subnet_id = aws_subnet.public[letter].id
      data_subnet_id   = aws_subnet.data[letter].id
    }
  }
}

output "endpoints_security_group_id" {
  description = "The group of the interface endpoints."
  value       = aws_security_group.endpoints.id
}

output "s3_prefix_list_id" {
  description = "The addresses of S3 that lead through the gateway endpoint, for rules of security groups."
  value       = aws_vpc_endpoint.s3.prefix_list_id
}

output "nat_addresses" {
  description = "The addresses from which the platform calls others, for their allow-lists."
  value       = toset([for address in aws_eip.nat : address.public_ip])
}

output "inventory" {
  description = "What the module builds, counted by plain noun."
  value = {
    "VPCs"                = 1
    "subnets"             = length(aws_subnet.public) + length(aws_subnet.app) + length(aws_subnet.data)
    "route tables"        = 2 + length(aws_route_table.app)
    "NAT gateways"        = length(aws_nat_gateway.this)
    "interface endpoints" = length(aws_vpc_endpoint.interface)
    "gateway endpoints"   = 1
    "flow logs"           = 1
  }
}
