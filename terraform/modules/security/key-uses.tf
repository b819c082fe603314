# Which AWS services use which key by themselves. Everything else uses a key with the rights of the role that calls, or by
# a grant that the caller made when it built the resource (Aurora, Redshift, ElastiCache, EKS, EFS, ECR): that needs nothing here.
locals {
  platform_purposes = toset([
    "alerts", "aurora", "bus", "cache", "documents", "ecr", "efs", "eks", "lake", "logs", "redshift", "trail",
  ])
  platform_aliases = { for purpose in local.platform_purposes : purpose => "alias/${var.catalog.cluster}-${purpose}" }

  use           = ["kms:Decrypt", "kms:GenerateDataKey"]
  own_account   = { test = "StringEquals", variable = "aws:SourceAccount", values = [var.catalog.account] }
  queues_prefix = "alias/${var.catalog.cluster}-queues-"

  # EventBridge writes to a service's queues and, when that fails, to their dead-letter queues, which have the same key.
  queue_uses = { for alias in var.catalog.keys : alias => [{
    sid     = "EventBridgeDelivers"
    service = "events.amazonaws.com"
    actions = local.use
    conditions = [
      {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values = [for bus in ["", "${var.catalog.cluster}/"] :
          "${local.arn_of["events"]}:rule/${bus}${var.catalog.cluster}-${trimprefix(alias, local.queues_prefix)}-*"
        ]
      },
      {
        test     = "ArnLike"
        variable = "kms:EncryptionContext:aws:sqs:arn"
        values   = ["${local.arn_of["sqs"]}:${var.catalog.cluster}-${trimprefix(alias, local.queues_prefix)}-*"]
      },
    ]
  }] if startswith(alias, local.queues_prefix) }

  bucket_uses = { for alias in var.catalog.keys : alias => [{
    sid     = "CloudFrontReads"
    service = "cloudfront.amazonaws.com"
    actions = ["kms:Decrypt"]
    # The distribution is made after the bucket, so it has no name yet; the account is pinned.
    conditions = [{
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:cloudfront::${var.catalog.account}:distribution/*"]
    }]
  }] if alias == "alias/${var.catalog.cluster}-bucket-products" }

  platform_uses = {
    alerts = [
      {
        sid     = "AlarmsPublish"
        service = "cloudwatch.amazonaws.com"
        actions = local.use
        conditions = [local.own_account, {
          test     = "ArnLike"
          variable = "aws:SourceArn"
          values   = ["arn:${local.partition}:cloudwatch:${var.catalog.region}:${var.catalog.account}:alarm:*"]
        }]
      },
      {
        sid     = "PrometheusPublishes"
        service = "aps.amazonaws.com"
        actions = local.use
        conditions = [local.own_account, {
          test     = "ArnLike"
          variable = "aws:SourceArn"
          values   = ["arn:${local.partition}:aps:${var.catalog.region}:${var.catalog.account}:workspace/*"]
        }]
      },
      {
        sid     = "BudgetsPublish"
        service = "budgets.amazonaws.com"
        actions = local.use
        conditions = [local.own_account, {
          test     = "ArnLike"
          variable = "aws:SourceArn"
          values   = ["arn:${local.partition}:budgets::${var.catalog.account}:*"]
        }]
      },
      {
        sid     = "DatabasePublishes"
        service = "events.rds.amazonaws.com"
        actions = local.use
        conditions = [local.own_account, {
          test     = "ArnLike"
          variable = "aws:SourceArn"
          values   = ["arn:${local.partition}:rds:${var.catalog.region}:${var.catalog.account}:*"]
        }]
      },
      {
        # On its way to an encrypted topic EventBridge tells KMS neither account nor rule: with such a condition every
        # event is lost. What it does tell is the topic.
        sid     = "EventBridgePublishes"
        service = "events.amazonaws.com"
        actions = local.use
        conditions = [{
          test     = "ArnLike"
          variable = "kms:EncryptionContext:aws:sns:topicArn"
          values   = ["${local.arn_of["sns"]}:${var.catalog.cluster}-*"]
        }]
      },
      {
        sid     = "EventBridgeDelivers"
        service = "events.amazonaws.com"
        actions = local.use
        conditions = [
          {
            test     = "ArnLike"
            variable = "aws:SourceArn"
            values   = ["${local.arn_of["events"]}:rule/${var.catalog.cluster}-*"]
          },
          {
            test     = "ArnLike"
            variable = "kms:EncryptionContext:aws:sqs:arn"
            values   = ["${local.arn_of["sqs"]}:${var.catalog.cluster}-*"]
          },
        ]
      },
    ]
    # The context is the same for the bus and its archive, and names account and bus. A key is looked at without one.
    bus = [
      {
        sid        = "EventBridgeLooks"
        service    = "events.amazonaws.com"
        actions    = ["kms:DescribeKey"]
        conditions = []
      },
      {
        sid     = "EventBridgeEncrypts"
        service = "events.amazonaws.com"
        actions = ["kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
        conditions = [{
          test     = "StringEquals"
          variable = "kms:EncryptionContext:aws:events:event-bus:arn"
          values   = ["${local.arn_of["events"]}:event-bus/${var.catalog.cluster}"]
        }]
      },
    ]
    logs = [{
      sid     = "CloudWatchLogsEncrypts"
      service = "logs.${var.catalog.region}.amazonaws.com"
      actions = [
        "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom", "kms:ReEncryptTo",
      ]
      conditions = [{
        test     = "ArnLike"
        variable = "kms:EncryptionContext:aws:logs:arn"
        values   = ["${local.arn_of["logs"]}:log-group:*"]
      }]
    }]
    trail = [
      {
        sid     = "CloudTrailEncrypts"
        service = "cloudtrail.amazonaws.com"
        actions = ["kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"]
        conditions = [
          { test = "StringEquals", variable = "aws:SourceArn", values = [local.trail_arn] },
          {
            test     = "StringLike"
            variable = "kms:EncryptionContext:aws:cloudtrail:arn"
            values   = ["arn:${local.partition}:cloudtrail:*:${var.catalog.account}:trail/*"]
          },
        ]
      },
      {
        sid        = "CloudTrailLooks"
        service    = "cloudtrail.amazonaws.com"
        actions    = ["kms:DescribeKey"]
        conditions = [{ test = "StringEquals", variable = "aws:SourceArn", values = [local.trail_arn] }]
      },
      {
        sid        = "ConfigEncrypts"
        service    = "config.amazonaws.com"
        actions    = local.use
        conditions = [local.own_account]
      },
    ]
  }

  # By alias: the catalog's keys and the platform's own.
  key_uses = merge(
    { for alias in var.catalog.keys : alias => [] },
    local.queue_uses,
    local.bucket_uses,
    { for purpose, alias in local.platform_aliases : alias => lookup(local.platform_uses, purpose, []) },
  )
}
