data "aws_partition" "current" {}

locals {
  github    = "token.actions.githubusercontent.com"
  partition = data.aws_partition.current.partition
  account   = "${var.catalog.region}:${var.catalog.account}"
}

# An account has one provider for an address, so each environment has an account of its own.
resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://${local.github}"
  client_id_list = ["sts.amazonaws.com"]
}

# Who may take which role is said by GitHub's environments: they have branches and reviewers, and a job gets the subject only
# when it runs in one. A subject of pull requests would give the role to every branch.
data "aws_iam_policy_document" "github_trust" {
  #checkov:skip=CKV_AWS_358:The repository is a variable, whose value checkov does not see; it takes one owner and name, and no *.
  for_each = {
    release = var.catalog.environment
    plan    = "${var.catalog.environment}-plan"
  }

  statement {
    sid     = "OneEnvironmentOfOneRepository"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = ["arn:${local.partition}:iam::${var.catalog.account}:oidc-provider/${local.github}"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.github}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.github}:sub"
      values   = ["repo:${var.github_repository}:environment:${each.value}"]
    }
  }
}
