locals {
  regional  = "${var.catalog.region}:${var.catalog.account}"
  partition = data.aws_partition.current.partition

  granted_actions = distinct(flatten([
    for role in values(var.catalog.roles) : [for grant in role.grants : grant.actions]
  ]))

  # By endpoint: whose actions the roles of the catalog bring, what the platform itself needs beside them, and on what.
  # A service whose resources are "*" has actions that know no resource (GetAuthorizationToken, Describe*, Put* of X-Ray).
  interface_endpoints = {
    "ecr.api" = {
      prefix    = "ecr"
      actions   = local.pull_actions
      resources = ["*"]
    }
    "ecr.dkr" = {
      prefix    = "ecr"
      actions   = local.pull_actions
      resources = ["*"]
    }
    secretsmanager = {
      prefix    = "secretsmanager"
      actions   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
      resources = ["arn:${local.partition}:secretsmanager:${local.regional}:secret:*"]
    }
    logs = {
      prefix = "logs"
      # What the log router of Fargate calls.
      actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents", "logs:PutRetentionPolicy"]
      resources = ["arn:${local.partition}:logs:${local.regional}:log-group:*"]
    }
    sts = {
      prefix = "sts"
      # Whoever changes a service account's token for a role is nobody in AWS yet, so this cannot ask for the account.
      actions   = []
      resources = ["arn:${local.partition}:iam::${var.catalog.account}:role/*"]
    }
    kms = {
      prefix    = "kms"
      actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
      resources = ["arn:${local.partition}:kms:${local.regional}:key/*"]
    }
    sqs = {
      prefix    = "sqs"
      actions   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
      resources = ["arn:${local.partition}:sqs:${local.regional}:*"]
    }
    events = {
      prefix    = "events"
      actions   = ["events:PutEvents"]
      resources = ["arn:${local.partition}:events:${local.regional}:event-bus/*"]
    }
    ec2 = {
      prefix    = "ec2"
      actions   = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
      resources = ["*"]
    }
    elasticloadbalancing = {
      prefix    = "elasticloadbalancing"
      actions   = ["elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTargetHealth"]
      resources = ["*"]
    }
    xray = {
      prefix    = "xray"
      actions   = ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      resources = ["*"]
    }
    aps-workspaces = {
      prefix    = "aps"
      actions   = ["aps:QueryMetrics", "aps:RemoteWrite"]
      resources = ["arn:${local.partition}:aps:${local.regional}:workspace/*"]
    }
    redshift-data = {
      prefix = "redshift-data"
      # All but the first know no resource: a statement belongs to who began it.
      actions   = ["redshift-data:ExecuteStatement", "redshift-data:CancelStatement", "redshift-data:DescribeStatement", "redshift-data:GetStatementResult"]
      resources = ["*"]
    }
  }

  allowed_actions = {
    for name, endpoint in local.interface_endpoints : name => setunion(
      endpoint.actions, [for action in local.granted_actions : action if startswith(action, "${endpoint.prefix}:")]
    )
  }

  # Reading only, so that an image can come from the account of EKS's own add-ons, but nothing can be pushed anywhere.
  pull_actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer"]

  # The layers of ECR lie in a bucket of AWS, and ECR itself signs the address: the caller is of another account.
  layer_buckets = setunion(["prod-${var.catalog.region}-starport-layer-bucket"], var.image_buckets)
}

data "aws_iam_policy_document" "interface" {
  for_each = local.interface_endpoints

  dynamic "statement" {
    for_each = toset(each.key == "sts" ? ["AssumeRoleWithWebIdentity"] : [])

    content {
      sid       = "RolesOfServiceAccounts"
      actions   = ["sts:AssumeRoleWithWebIdentity"]
      resources = each.value.resources

      principals {
        type        = "*"
        identifiers = ["*"]
      }
    }
  }

  dynamic "statement" {
    for_each = toset(length(local.allowed_actions[each.key]) > 0 ? [contains(each.value.resources, "*") ? "OwnPrincipalsAnyResource" : "OwnPrincipals"] : [])

    content {
      sid       = statement.key
      actions   = local.allowed_actions[each.key]
      resources = each.value.resources

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:PrincipalAccount"
        values   = [var.catalog.account]
      }
    }
  }
}

data "aws_iam_policy_document" "s3" {
  statement {
    sid = "OwnPrincipalsOwnBuckets"
    actions = setunion(
      # The warehouse reads what it loads.
      ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"],
      [for action in local.granted_actions : action if startswith(action, "s3:")],
    )
    resources = [
      "arn:${local.partition}:s3:::${var.catalog.cluster}-*-${var.catalog.account}",
      "arn:${local.partition}:s3:::${var.catalog.cluster}-*-${var.catalog.account}/*",
    ]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [var.catalog.account]
    }

    # Bucket names are the world's: only this account's answer to the pattern.
    condition {
      test     = "StringEquals"
      variable = "aws:ResourceAccount"
      values   = [var.catalog.account]
    }
  }

  statement {
    sid       = "ImageLayers"
    actions   = ["s3:GetObject"]
    resources = [for bucket in local.layer_buckets : "arn:${local.partition}:s3:::${bucket}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}
