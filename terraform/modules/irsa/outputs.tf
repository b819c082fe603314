output "role_arns" {
  description = "The roles by name."
  value       = { for name, role in aws_iam_role.service_account : name => role.arn }
}

output "policies" {
  description = "What each role may, as JSON, by the role's name."
  value       = { for name, document in data.aws_iam_policy_document.grants : name => document.json }
}

output "boundary_arn" {
  description = "The permission boundary of all these roles."
  value       = aws_iam_policy.boundary.arn
}

output "inventory" {
  description = "What this module builds, counted."
  value = {
    "service account roles" = length(aws_iam_role.service_account)
    "permission boundaries" = 1
  }
}
