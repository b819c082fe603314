# One role for one service account. A token is taken only for that account (sub) and only when it was made for STS (aud).
data "aws_iam_policy_document" "trust" {
  for_each = var.catalog.roles

  statement {
    sid     = "OwnServiceAccount"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [var.oidc_provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${var.oidc_issuer}:sub"
      values   = [each.value.subject]
    }

    condition {
      test     = "StringEquals"
      variable = "${var.oidc_issuer}:aud"
      values   = [each.value.audience]
    }
  }
}

resource "aws_iam_role" "service_account" {
  for_each = var.catalog.roles

  name                 = each.key
  description          = "Taken by service account ${each.value.service_account} of namespace ${each.value.namespace}."
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  permissions_boundary = aws_iam_policy.boundary.arn
}
