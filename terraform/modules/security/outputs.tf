output "key_arns" {
  description = "By alias: the catalog's keys and the platform's own."
  value       = local.key_arns

  # Whoever uses a key finds its alias there already.
  depends_on = [aws_kms_alias.this]
}

output "platform_key_arns" {
  description = "By purpose: the platform's own keys."
  value       = local.platform_key_arns

  # Whoever uses a key finds its alias there already.
  depends_on = [aws_kms_alias.this]
}

output "secret_arns" {
  description = "By service and variable: its secret."
  value = {
    for service, spec in var.catalog.services : service => {
      for variable in keys(spec.secrets) : variable => aws_secretsmanager_secret.this["${service}/${variable}"].arn
    }
  }
}

output "repository_urls" {
  description = "By service: where its image lies."
  value       = { for service, repository in aws_ecr_repository.this : service => repository.repository_url }
}

output "repository_arns" {
  description = "By service: its repository."
  value       = { for service, repository in aws_ecr_repository.this : service => repository.arn }
}

output "registry" {
  description = "The registry's host, without a repository."
  value       = local.registry
}

output "ecr_key_arn" {
  description = "The key of all repositories."
  value       = local.platform_key_arns["ecr"]
}

output "inventory" {
  description = "What this module builds, counted."
  value = {
    keys                 = length(aws_kms_key.this)
    "key aliases"        = length(aws_kms_alias.this)
    secrets              = length(aws_secretsmanager_secret.this)
    rotations            = length(aws_secretsmanager_secret_rotation.this)
    "lambda functions"   = 1
    "log groups"         = 1 + length(aws_cloudwatch_log_group.trail)
    repositories         = length(aws_ecr_repository.this)
    detectors            = length(var.detectors)
    "security standards" = length(aws_securityhub_standards_subscription.this)
    rules                = length(aws_cloudwatch_event_rule.alerts)
    "dead letter queues" = 1
    alarms               = 1
  }
}
