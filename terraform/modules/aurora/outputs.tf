output "writer" {
  description = "The name that always leads to the writer."
  value       = aws_rds_cluster.this.endpoint
}

output "reader" {
  description = "The name that leads to the readers."
  value       = aws_rds_cluster.this.reader_endpoint
}

output "port" {
  description = "The port, which speaks TLS only."
  value       = local.port
}

output "resource_id" {
  description = "What the placeholder of Aurora stands for in the roles' grants."
  value       = aws_rds_cluster.this.cluster_resource_id
}

output "max_connections" {
  description = "How many connections each instance takes."
  value       = var.max_connections
}

output "cluster_arn" {
  description = "The ARN of the cluster, for the Data API."
  value       = aws_rds_cluster.this.arn
}

output "master_secret_arn" {
  description = "The secret of the master user, which RDS makes and rotates."
  value       = aws_rds_cluster.this.master_user_secret[0].secret_arn
}

output "security_group_id" {
  description = "The security group of the instances."
  value       = aws_security_group.this.id
}

output "inventory" {
  description = "How many things of each kind the module builds."
  value = {
    "database clusters"                       = 1
    "database instances"                      = length(aws_rds_cluster_instance.this)
    "database parameter groups"               = 1
    "database subnet groups"                  = 1
    "database event subscriptions"            = 1
    "databases of services"                   = length(local.databases)
    "functions"                               = 1
    "log groups"                              = length(aws_cloudwatch_log_group.postgresql) + 1
    "roles of AWS services"                   = 2
    "security groups of stores"               = 1
    "rules between services and their stores" = length(aws_vpc_security_group_ingress_rule.service)
  }
}

output "is_public" {
  description = "Does an instance have a public address? Never; the platform refuses a contract that says so."
  value       = anytrue([for instance in aws_rds_cluster_instance.this : instance.publicly_accessible])
}
