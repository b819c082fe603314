locals {
  profiles_arn = "arn:${data.aws_partition.current.partition}:eks:${var.catalog.region}:${var.catalog.account}:fargateprofile/${var.catalog.cluster}/*"
  logs_arn     = "arn:${data.aws_partition.current.partition}:logs:${var.catalog.region}:${var.catalog.account}:log-group:/millrace/${var.catalog.environment}"
}

# Fargate's own parts take this role: the kubelet that registers the node, what pulls images, the log router. Pods cannot.
data "aws_iam_policy_document" "pod_execution_trust" {
  statement {
    sid     = "OwnProfiles"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["eks-fargate-pods.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [local.profiles_arn]
    }
  }
}

resource "aws_iam_role" "pod_execution" {
  name               = "${var.catalog.cluster}-pod-execution"
  description        = "Taken by Fargate to start pods of ${var.catalog.cluster}."
  assume_role_policy = data.aws_iam_policy_document.pod_execution_trust.json
}

# Reads images. Add-ons of EKS come from registries of AWS's own accounts, one for each region, so AWS's policy names none.
resource "aws_iam_role_policy_attachment" "pod_execution" {
  role       = aws_iam_role.pod_execution.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy"
}

# The log router only writes: groups, with their key and their days, are made by the module observability.
data "aws_iam_policy_document" "pod_logs" {
  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${local.logs_arn}:*", "${local.logs_arn}/*:*"]
  }
}

resource "aws_iam_role_policy" "pod_logs" {
  name   = "logs"
  role   = aws_iam_role.pod_execution.name
  policy = data.aws_iam_policy_document.pod_logs.json
}
