data "aws_partition" "current" {}

locals {
  partition = data.aws_partition.current.partition
  name      = "${var.environment}-millrace-terraform"
}

# The account's IAM policies say who uses the key; AWS's default policy says the same with kms:*. In the policy of a key, *
# as the resource is that key: AWS knows no other way to name it.
data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:The statement is for the account's own root, without which nobody could mend the key.
  #checkov:skip=CKV_AWS_111:The statement is for the account's own root, without which nobody could mend the key.
  #checkov:skip=CKV_AWS_356:In the policy of a key, the resource is always the key itself.
  statement {
    sid = "AccountDecides"
    actions = [
      "kms:CancelKeyDeletion",
      "kms:CreateAlias",
      "kms:CreateGrant",
      "kms:Decrypt",
      "kms:DeleteAlias",
      "kms:DescribeKey",
      "kms:DisableKey",
      "kms:DisableKeyRotation",
      "kms:EnableKey",
      "kms:EnableKeyRotation",
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "kms:GenerateDataKeyWithoutPlaintext",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "kms:ListGrants",
      "kms:ListKeyPolicies",
      "kms:ListKeyRotations",
      "kms:ListResourceTags",
      "kms:PutKeyPolicy",
      "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
      "kms:RetireGrant",
      "kms:RevokeGrant",
      "kms:RotateKeyOnDemand",
      "kms:ScheduleKeyDeletion",
      "kms:TagResource",
      "kms:UntagResource",
      "kms:UpdateAlias",
      "kms:UpdateKeyDescription",
    ]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${var.account}:root"]
    }
  }
}

resource "aws_kms_key" "state" {
  description             = "Terraform's states of ${var.environment}."
  policy                  = data.aws_iam_policy_document.key.json
  enable_key_rotation     = true
  deletion_window_in_days = 30

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "state" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.state.key_id
}
