output "host" {
  description = "The name of the workgroup's endpoint."
  value       = aws_redshiftserverless_workgroup.this.endpoint[0].address
}

output "port" {
  description = "The port, which speaks TLS only."
  value       = local.port
}

output "database" {
  description = "The database of the analytics service."
  value       = aws_redshiftserverless_namespace.this.db_name
}

output "workgroup_id" {
  description = "What the placeholder of the warehouse stands for in the roles' grants."
  value       = aws_redshiftserverless_workgroup.this.workgroup_id
}

output "workgroup_arn" {
  description = "The ARN of the workgroup."
  value       = aws_redshiftserverless_workgroup.this.arn
}

output "namespace_name" {
  description = "The name of the namespace, which is the cluster's."
  value       = aws_redshiftserverless_namespace.this.namespace_name
}

output "copy_role_arn" {
  description = "The role with which COPY reads the lake."
  value       = aws_iam_role.copy.arn
}

output "security_group_id" {
  description = "The security group of the workgroup."
  value       = aws_security_group.this.id
}

output "inventory" {
  description = "How many things of each kind the module builds."
  value = {
    "warehouse namespaces"                    = 1
    "warehouse workgroups"                    = 1
    "warehouse usage limits"                  = length(aws_redshiftserverless_usage_limit.this)
    "schedules"                               = 1
    "dead letter queues"                      = 1
    "alarms"                                  = 1
    "log groups"                              = length(aws_cloudwatch_log_group.audit)
    "roles of AWS services"                   = 2
    "security groups of stores"               = 1
    "rules between services and their stores" = length(aws_vpc_security_group_ingress_rule.service)
  }
}
