data "aws_iam_policy_document" "keys" {
  #checkov:skip=CKV_AWS_109:In a key policy "*" is the key itself, and AWS takes no other resource there.
  #checkov:skip=CKV_AWS_111:In a key policy "*" is the key itself, and AWS takes no other resource there.
  #checkov:skip=CKV_AWS_356:In a key policy "*" is the key itself, and AWS takes no other resource there.
  for_each = local.key_uses

  # Without this nobody could ever change the key again. IAM policies say who in the account really may.
  statement {
    sid       = "AccountAdministers"
    resources = ["*"]
    actions = [
      "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:CreateGrant", "kms:DeleteAlias", "kms:DescribeKey",
      "kms:DisableKey", "kms:DisableKeyRotation", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus", "kms:ListGrants", "kms:ListKeyPolicies", "kms:ListKeyRotations",
      "kms:ListResourceTags", "kms:PutKeyPolicy", "kms:RetireGrant", "kms:RevokeGrant", "kms:RotateKeyOnDemand",
      "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
    ]
    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${var.catalog.account}:root"]
    }
  }

  # The roles of services and of Terraform name the key in their own policies.
  statement {
    sid       = "AccountUsesByIam"
    resources = ["*"]
    actions = [
      "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
    ]
    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${var.catalog.account}:root"]
    }
  }

  dynamic "statement" {
    for_each = each.value
    content {
      sid       = statement.value.sid
      resources = ["*"]
      actions   = statement.value.actions
      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }
      dynamic "condition" {
        for_each = statement.value.conditions
        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_kms_key" "this" {
  for_each = local.key_uses

  description             = trimprefix(each.key, "alias/")
  policy                  = data.aws_iam_policy_document.keys[each.key].json
  enable_key_rotation     = true
  deletion_window_in_days = 30
  tags                    = { Name = trimprefix(each.key, "alias/") }
}

resource "aws_kms_alias" "this" {
  for_each = aws_kms_key.this

  name          = each.key
  target_key_id = each.value.key_id
}

locals {
  key_arns          = { for alias, made in aws_kms_key.this : alias => made.arn }
  platform_key_arns = { for purpose, alias in local.platform_aliases : purpose => local.key_arns[alias] }
}
