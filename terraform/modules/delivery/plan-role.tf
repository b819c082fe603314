# Plans, and changes nothing but the lock of the state. ReadOnlyAccess would read objects and messages too; SecurityAudit
# reads how things are set up, and what it lacks of our modules stands here.
locals {
  state_object_arn = "${var.state_bucket_arn}/${var.state_object}"

  # By service: the actions, and whose resources. No action here reads what users or services store.
  plan_reads = {
    aps = {
      actions = [
        "aps:DescribeAlertManagerDefinition", "aps:DescribeLoggingConfiguration", "aps:DescribeQueryLoggingConfiguration",
        "aps:DescribeRuleGroupsNamespace", "aps:DescribeWorkspace", "aps:DescribeWorkspaceConfiguration", "aps:ListTagsForResource",
      ]
      resource = "aps:${local.account}:*"
    }
    budgets = {
      actions  = ["budgets:ListTagsForResource", "budgets:ViewBudget"]
      resource = "budgets::${var.catalog.account}:budget/${var.catalog.cluster}*"
    }
    cloudfront = {
      actions  = ["cloudfront:DescribeFunction"]
      resource = "cloudfront::${var.catalog.account}:function/${var.catalog.cluster}*"
    }
    cognito = {
      actions  = ["cognito-idp:GetGroup", "cognito-idp:GetLogDeliveryConfiguration", "cognito-idp:GetUICustomization", "cognito-idp:GetUserPoolMfaConfig"]
      resource = "cognito-idp:${local.account}:userpool/*"
    }
    efs = {
      actions  = ["elasticfilesystem:ListTagsForResource"]
      resource = "elasticfilesystem:${local.account}:*"
    }
    eks = {
      actions  = ["eks:DescribeAddon", "eks:ListAddons"]
      resource = "eks:${local.account}:*"
    }
    glue = {
      actions  = ["glue:GetDatabase", "glue:GetPartitionIndexes", "glue:GetTable"]
      resource = "glue:${local.account}:*"
    }
    grafana = {
      actions = [
        "grafana:DescribeWorkspace", "grafana:DescribeWorkspaceAuthentication", "grafana:DescribeWorkspaceConfiguration",
        "grafana:ListPermissions", "grafana:ListTagsForResource",
      ]
      resource = "grafana:${local.account}:/workspaces/*"
    }
    lambda = {
      actions  = ["lambda:GetFunction"]
      resource = "lambda:${local.account}:function:${var.catalog.cluster}-*"
    }
    logs = {
      actions  = ["logs:GetDelivery", "logs:GetDeliveryDestination", "logs:GetDeliveryDestinationPolicy", "logs:GetDeliverySource"]
      resource = "logs:${local.account}:*"
    }
    pipes = {
      actions  = ["pipes:DescribePipe", "pipes:ListTagsForResource"]
      resource = "pipes:${local.account}:pipe/${var.catalog.cluster}-*"
    }
    redshift = {
      actions  = ["redshift-serverless:GetUsageLimit", "redshift-serverless:GetWorkgroup", "redshift-serverless:ListUsageLimits"]
      resource = "redshift-serverless:${local.account}:*"
    }
    s3 = {
      actions  = ["s3:ListTagsForResource"]
      resource = "s3:::${var.catalog.cluster}-*"
    }
    ses = {
      actions  = ["ses:ListTagsForResource"]
      resource = "ses:${local.account}:*"
    }
    sns = {
      actions  = ["sns:GetSubscriptionAttributes"]
      resource = "sns:${local.account}:${var.catalog.cluster}-*"
    }
  }
}

data "aws_iam_policy_document" "plan" {
  statement {
    sid       = "ReadState"
    actions   = ["s3:GetObject"]
    resources = [local.state_object_arn, "${local.state_object_arn}.tflock"]
  }

  statement {
    sid       = "LockState"
    actions   = ["s3:DeleteObject", "s3:PutObject"]
    resources = ["${local.state_object_arn}.tflock"]
  }

  statement {
    sid       = "FindState"
    actions   = ["s3:ListBucket"]
    resources = [var.state_bucket_arn]
  }

  statement {
    sid       = "UseStateKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.state_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.catalog.region}.amazonaws.com"]
    }
  }

  dynamic "statement" {
    for_each = local.plan_reads

    content {
      sid       = "Read${title(statement.key)}"
      actions   = statement.value.actions
      resources = ["arn:${local.partition}:${statement.value.resource}"]
    }
  }

  # AWS knows no resource for the list of an add-on's versions.
  statement {
    sid       = "SeeVersionsOfAddOns"
    actions   = ["eks:DescribeAddonVersions"]
    resources = ["*"]
  }

  # SecurityAudit lists users with their addresses and reads logs of databases; no plan needs them.
  statement {
    sid     = "NothingOfPeople"
    effect  = "Deny"
    actions = ["cognito-idp:ListUsers", "cognito-idp:ListUsersInGroup", "rds:DownloadDBLogFilePortion"]
    resources = [
      "arn:${local.partition}:cognito-idp:${local.account}:userpool/*",
      "arn:${local.partition}:rds:${local.account}:db:*",
    ]
  }
}

resource "aws_iam_role" "plan" {
  name               = "${var.catalog.cluster}-plan"
  description        = "Taken by workflows of ${var.github_repository} in GitHub's environment ${var.catalog.environment}-plan."
  assume_role_policy = data.aws_iam_policy_document.github_trust["plan"].json

  depends_on = [aws_iam_openid_connect_provider.github]
}

resource "aws_iam_role_policy_attachment" "plan" {
  role       = aws_iam_role.plan.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/SecurityAudit"
}

resource "aws_iam_role_policy" "plan" {
  name   = "plan"
  role   = aws_iam_role.plan.name
  policy = data.aws_iam_policy_document.plan.json
}
