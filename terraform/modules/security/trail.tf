resource "aws_cloudtrail" "this" {
  #checkov:skip=CKV_AWS_252:A notice of each file would go to nobody; what people are told of comes by EventBridge and by alarms on the log group.
  for_each = local.on["cloudtrail"]

  name                          = var.catalog.cluster
  s3_bucket_name                = var.logs_bucket.name
  kms_key_id                    = local.platform_key_arns["trail"]
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
  cloud_watch_logs_group_arn    = "${aws_cloudwatch_log_group.trail[each.key].arn}:*"
  cloud_watch_logs_role_arn     = aws_iam_role.trail[each.key].arn

  advanced_event_selector {
    name = "Everything that manages"
    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
  }

  advanced_event_selector {
    name = "Who touches an order document"
    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }
    field_selector {
      field  = "resources.type"
      equals = ["AWS::S3::Object"]
    }
    field_selector {
      field       = "resources.ARN"
      starts_with = ["${local.documents_bucket_arn}/"]
    }
  }

  depends_on = [aws_iam_role_policy.trail]
}

resource "aws_cloudwatch_log_group" "trail" {
  for_each = local.on["cloudtrail"]

  name              = "/aws/cloudtrail/${var.catalog.cluster}"
  kms_key_id        = local.platform_key_arns["logs"]
  retention_in_days = var.catalog.log_retention_days
}

resource "aws_iam_role" "trail" {
  for_each = local.on["cloudtrail"]

  name               = "${var.catalog.cluster}-trail"
  description        = "Lets CloudTrail write to its log group."
  assume_role_policy = data.aws_iam_policy_document.trail_trust.json
}

data "aws_iam_policy_document" "trail_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }
}

resource "aws_iam_role_policy" "trail" {
  for_each = aws_iam_role.trail

  name   = "trail"
  role   = each.value.id
  policy = data.aws_iam_policy_document.trail.json
}

data "aws_iam_policy_document" "trail" {
  statement {
    sid     = "WriteOwnLog"
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [
      "${local.arn_of["logs"]}:log-group:/aws/cloudtrail/${var.catalog.cluster}:log-stream:${var.catalog.account}_CloudTrail_*",
    ]
  }
}
