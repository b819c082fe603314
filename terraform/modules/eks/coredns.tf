# The version that AWS recommends for the version of the cluster: both are raised together.
data "aws_eks_addon_version" "coredns" {
  addon_name         = "coredns"
  kubernetes_version = var.cluster_version
}

# The only add-on. Fargate brings what kube-proxy and the VPC CNI do, and has no nodes that could run them. CoreDNS must be
# told that it runs on Fargate, and there must be a profile first, or it waits for a node for ever.
resource "aws_eks_addon" "coredns" {
  cluster_name                = aws_eks_cluster.cluster.name
  addon_name                  = "coredns"
  addon_version               = data.aws_eks_addon_version.coredns.version
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  # Requests that equal the limits, and with Fargate's own 256 MiB just fill its smallest size.
  configuration_values = jsonencode({
    computeType  = "Fargate"
    replicaCount = 2
    resources = {
      limits   = { cpu = "0.25", memory = "256M" }
      requests = { cpu = "0.25", memory = "256M" }
    }
  })

  depends_on = [aws_eks_fargate_profile.profile]
}
