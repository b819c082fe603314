output "host" {
  description = "The name of the primary. It stays when a replica takes over."
  value       = aws_elasticache_replication_group.this.primary_endpoint_address
}

output "port" {
  description = "The port, which speaks TLS only."
  value       = local.port
}

output "security_group_id" {
  description = "The security group of the nodes."
  value       = aws_security_group.this.id
}

output "inventory" {
  description = "How many things of each kind the module builds."
  value = {
    "cache replication groups"                = 1
    "cache nodes"                             = aws_elasticache_replication_group.this.num_cache_clusters
    "cache parameter groups"                  = 1
    "cache subnet groups"                     = 1
    "cache user groups"                       = 1
    "cache users"                             = length(aws_elasticache_user.this)
    "security groups of stores"               = 1
    "rules between services and their stores" = length(aws_vpc_security_group_ingress_rule.service)
  }
}
