# Who may enter the cluster, all of it. The role of Fargate's nodes gets its entry from EKS with the first profile.
locals {
  cluster_policies = "arn:${data.aws_partition.current.partition}:eks::aws:cluster-access-policy"

  entries = merge(
    { bootstrap = { arn = var.bootstrap_role_arn, policy = "AmazonEKSClusterAdminPolicy", groups = [] } },
    {
      for name, arn in var.administrators : "administrator-${name}" => {
        arn = arn, policy = "AmazonEKSClusterAdminPolicy", groups = []
      }
    },
    {
      for name, arn in var.viewers : "viewer-${name}" => {
        arn = arn, policy = "AmazonEKSViewPolicy", groups = []
      }
    },
    # The group is what the admission policies V26 and V27 ask for, and the audit log tells of it.
    {
      for name, arn in var.break_glass : "break-glass-${name}" => {
        arn = arn, policy = "AmazonEKSClusterAdminPolicy", groups = ["millrace:break-glass"]
      }
    },
  )
}

resource "aws_eks_access_entry" "entry" {
  for_each = local.entries

  cluster_name      = aws_eks_cluster.cluster.name
  principal_arn     = each.value.arn
  kubernetes_groups = each.value.groups
  type              = "STANDARD"
}

resource "aws_eks_access_policy_association" "entry" {
  for_each = local.entries

  cluster_name  = aws_eks_cluster.cluster.name
  principal_arn = aws_eks_access_entry.entry[each.key].principal_arn
  policy_arn    = "${local.cluster_policies}/${each.value.policy}"

  access_scope {
    type = "cluster"
  }
}
