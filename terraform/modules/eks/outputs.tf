output "name" {
  description = "The cluster's name."
  value       = aws_eks_cluster.cluster.name
}

output "version" {
  description = "The version of Kubernetes."
  value       = aws_eks_cluster.cluster.version
}

output "endpoint" {
  description = "Where the API server is, inside of the VPC."
  value       = aws_eks_cluster.cluster.endpoint
}

output "certificate_authority" {
  description = "The authority that signed the API server's certificate, in base 64."
  value       = aws_eks_cluster.cluster.certificate_authority[0].data
}

output "oidc_provider_arn" {
  description = "The identity provider in IAM by which service accounts take roles."
  value       = aws_iam_openid_connect_provider.cluster.arn
}

output "oidc_issuer" {
  description = "The issuer of service accounts' tokens, without https://."
  value       = replace(aws_eks_cluster.cluster.identity[0].oidc[0].issuer, "https://", "")
}

output "cluster_security_group_id" {
  description = "The security group that EKS made for the control plane and for pods without a group of their own."
  value       = aws_eks_cluster.cluster.vpc_config[0].cluster_security_group_id
}

output "pod_execution_role_arn" {
  description = "The role by which Fargate starts pods."
  value       = aws_iam_role.pod_execution.arn
}

output "fargate_profiles" {
  description = "The profiles by name, with their subnets and selectors."
  value = {
    for name, profile in aws_eks_fargate_profile.profile : name => {
      subnet_ids = profile.subnet_ids
      selectors  = [for selector in profile.selector : { namespace = selector.namespace, labels = selector.labels }]
    }
  }
}

output "control_plane_log_group" {
  description = "The log group of the control plane, whose audit log shows what was refused."
  value       = aws_cloudwatch_log_group.control_plane.name
}

output "inventory" {
  description = "What this module builds, counted."
  value = {
    clusters                     = 1
    "Fargate profiles"           = length(aws_eks_fargate_profile.profile)
    "access entries"             = length(aws_eks_access_entry.entry)
    "add-ons of EKS"             = 1
    "cluster identity providers" = 1
  }
}
