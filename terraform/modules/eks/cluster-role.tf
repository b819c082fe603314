data "aws_iam_policy_document" "cluster_trust" {
  statement {
    sid     = "ControlPlane"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["eks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.catalog.account]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:eks:${var.catalog.region}:${var.catalog.account}:cluster/${var.catalog.cluster}"]
    }
  }
}

resource "aws_iam_role" "cluster" {
  name               = "${var.catalog.cluster}-cluster"
  description        = "Taken by the control plane of ${var.catalog.cluster}."
  assume_role_policy = data.aws_iam_policy_document.cluster_trust.json
}

# AWS keeps these two in step with the control plane. The second lets it give pods security groups of their own.
resource "aws_iam_role_policy_attachment" "cluster" {
  for_each = toset(["AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController"])

  role       = aws_iam_role.cluster.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.key}"
}

data "aws_iam_policy_document" "cluster_key" {
  statement {
    sid       = "EncryptWhatTheClusterStores"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ListGrants"]
    resources = [var.key_arn]
  }
}

resource "aws_iam_role_policy" "cluster_key" {
  name   = "key"
  role   = aws_iam_role.cluster.name
  policy = data.aws_iam_policy_document.cluster_key.json
}
