# Credentials of AWS for a person who is logged in: to put files below a prefix that is the person's own, and nothing else.
resource "aws_cognito_identity_pool" "people" {
  identity_pool_name               = var.catalog.cluster
  allow_unauthenticated_identities = false
  # The basic flow would let the browser choose the role.
  allow_classic_flow = false

  cognito_identity_providers {
    client_id     = aws_cognito_user_pool_client.public["page"].id
    provider_name = aws_cognito_user_pool.people.endpoint
    # Who is disabled or logged out gets no credentials.
    server_side_token_check = true
  }
}

resource "aws_cognito_identity_pool_roles_attachment" "people" {
  identity_pool_id = aws_cognito_identity_pool.people.id
  roles            = { authenticated = aws_iam_role.person.arn }
}

resource "aws_iam_role" "person" {
  name               = "${var.catalog.cluster}-person"
  description        = "A person who is logged in: puts files below a prefix of their own"
  assume_role_policy = data.aws_iam_policy_document.person_trust.json
}

data "aws_iam_policy_document" "person_trust" {
  statement {
    sid     = "IdentityPool"
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["cognito-identity.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "cognito-identity.amazonaws.com:aud"
      values   = [aws_cognito_identity_pool.people.id]
    }
    condition {
      test     = "ForAnyValue:StringLike"
      variable = "cognito-identity.amazonaws.com:amr"
      values   = ["authenticated"]
    }
  }
}

resource "aws_iam_role_policy" "person" {
  name   = "uploads"
  role   = aws_iam_role.person.id
  policy = data.aws_iam_policy_document.person.json
}

data "aws_iam_policy_document" "person" {
  statement {
    sid     = "PutOwnFiles"
    actions = ["s3:PutObject"]
    # Terraform writes &{…} as ${…}, which IAM replaces by the person's identity.
    resources = ["${var.catalog.buckets["uploads"].arn}/user/&{cognito-identity.amazonaws.com:sub}/*"]
  }

  statement {
    sid       = "EncryptThem"
    actions   = ["kms:GenerateDataKey"]
    resources = [var.key_arns[var.catalog.buckets["uploads"].key]]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.catalog.region}.amazonaws.com"]
    }
  }
}
