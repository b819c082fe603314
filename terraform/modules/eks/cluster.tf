data "aws_partition" "current" {}

# EKS makes this group by itself if it is not there, without a key and for ever.
resource "aws_cloudwatch_log_group" "control_plane" {
  name              = "/aws/eks/${var.catalog.cluster}/cluster"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
}

resource "aws_eks_cluster" "cluster" {
  name                = var.catalog.cluster
  version             = var.cluster_version
  role_arn            = aws_iam_role.cluster.arn
  deletion_protection = var.is_protected

  enabled_cluster_log_types = ["api", "audit", "authenticator", "controllerManager", "scheduler"]

  # EKS would put its own CoreDNS, kube-proxy and VPC CNI in, for nodes that a cluster on Fargate has not.
  bootstrap_self_managed_addons = false

  vpc_config {
    subnet_ids              = [for zone in values(var.zones) : zone.app_subnet_id]
    endpoint_private_access = true
    endpoint_public_access  = length(var.public_access_cidrs) > 0
    public_access_cidrs     = length(var.public_access_cidrs) > 0 ? var.public_access_cidrs : null
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = var.key_arn
    }
  }

  # Whoever creates the cluster is no administrator by that: access stands in access.tf, all of it.
  access_config {
    authentication_mode                         = "API"
    bootstrap_cluster_creator_admin_permissions = false
  }

  # Extended support costs six times as much an hour. With STANDARD, EKS raises a version that has reached its end.
  upgrade_policy {
    support_type = "STANDARD"
  }

  depends_on = [
    aws_cloudwatch_log_group.control_plane,
    aws_iam_role_policy.cluster_key,
    aws_iam_role_policy_attachment.cluster,
  ]
}

# Service accounts take roles by this provider (modules/irsa). IAM knows the certificate authority of EKS, so there is no thumbprint.
resource "aws_iam_openid_connect_provider" "cluster" {
  url            = aws_eks_cluster.cluster.identity[0].oidc[0].issuer
  client_id_list = ["sts.amazonaws.com"]
}
