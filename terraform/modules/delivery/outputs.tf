output "release_role_arn" {
  description = "The role of the workflows that build, promote and sign images: AWS_RELEASE_ROLE_ARN of GitHub's environment."
  value       = aws_iam_role.release.arn
}

output "plan_role_arn" {
  description = "The role of a workflow that plans."
  value       = aws_iam_role.plan.arn
}

output "bootstrap_role_arn" {
  description = "The role by which Argo CD is put into the cluster."
  value       = aws_iam_role.bootstrap.arn
}

output "bootstrap_project" {
  description = "The project of CodeBuild that a person starts once: aws codebuild start-build --project-name <this>."
  value       = aws_codebuild_project.bootstrap.name
}

output "inventory" {
  description = "What this module builds, counted."
  value = {
    "delivery roles"            = 3
    "GitHub identity providers" = 1
    "build projects"            = 1
  }
}
