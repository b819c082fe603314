output "contract" {
  description = "What catalog/platform.staging.json is written from: node policies/terraform/contract.ts --env staging."
  value       = module.platform.contract
}

output "inventory" {
  description = "How many of what each module builds."
  value       = module.platform.inventory
}

output "name_servers" {
  description = "The name servers of the domain, for whoever keeps the domain above it."
  value       = module.platform.name_servers
}

output "release_role_arn" {
  description = "AWS_RELEASE_ROLE_ARN of the environment in the repository on GitHub."
  value       = module.platform.release_role_arn
}

output "plan_role_arn" {
  description = "The role that may plan and change nothing."
  value       = module.platform.plan_role_arn
}

output "grafana_url" {
  description = "Where dashboards of metrics are."
  value       = module.platform.grafana_url
}
