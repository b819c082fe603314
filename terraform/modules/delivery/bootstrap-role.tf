data "aws_iam_policy_document" "bootstrap_trust" {
  statement {
    sid     = "OwnProject"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["codebuild.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.bootstrap_arn]
    }
  }
}

# In the cluster it is an administrator, by an access entry of the module eks. Who may start the project, or change it, is too.
data "aws_iam_policy_document" "bootstrap" {
  statement {
    sid       = "FindTheCluster"
    actions   = ["eks:DescribeCluster"]
    resources = ["arn:${local.partition}:eks:${local.account}:cluster/${var.catalog.cluster}"]
  }

  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.account}:log-group:/aws/codebuild/${local.bootstrap}:*"]
  }

  dynamic "statement" {
    for_each = var.repository_secret == null ? {} : { ReadRepositoryToken = var.repository_secret.arn }

    content {
      sid       = statement.key
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = var.repository_secret == null ? {} : { UseRepositoryTokenKey = var.repository_secret.key_arn }

    content {
      sid       = statement.key
      actions   = ["kms:Decrypt"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["secretsmanager.${var.catalog.region}.amazonaws.com"]
      }
    }
  }
}

resource "aws_iam_role" "bootstrap" {
  name               = local.bootstrap
  description        = "Taken by the build that puts Argo CD into ${var.catalog.cluster}."
  assume_role_policy = data.aws_iam_policy_document.bootstrap_trust.json
}

resource "aws_iam_role_policy" "bootstrap" {
  name   = "bootstrap"
  role   = aws_iam_role.bootstrap.name
  policy = data.aws_iam_policy_document.bootstrap.json
}
