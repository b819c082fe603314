locals {
  # Every bucket with data: those that services of the catalog use, and the two that no service has yet.
  buckets = merge(
    { for name, bucket in var.catalog.buckets : name => { name = bucket.name, key_arn = var.key_arns[bucket.key] } },
    {
      documents = { name = "${var.catalog.cluster}-documents-${var.catalog.account}", key_arn = var.documents_key_arn }
      lake      = { name = "${var.catalog.cluster}-lake-${var.catalog.account}", key_arn = var.lake_key_arn }
    },
  )
}

resource "aws_s3_bucket" "data" {
  #checkov:skip=CKV_AWS_144:A copy in another region doubles the cost; versions, Object Lock and the recovery plan in terraform/README.md cover the loss.
  #checkov:skip=CKV2_AWS_62:Buckets whose objects a service waits for send events to EventBridge; for the others nobody listens.
  for_each = local.buckets

  bucket = each.value.name
  # It can be turned on only here, and it brings no lock by itself.
  object_lock_enabled = each.key == "documents"
}

resource "aws_s3_bucket_versioning" "data" {
  for_each = local.buckets

  bucket = aws_s3_bucket.data[each.key].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "data" {
  for_each = local.buckets

  bucket = aws_s3_bucket.data[each.key].id
  rule {
    # One call of KMS for many objects.
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = each.value.key_arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "data" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.data[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "data" {
  for_each = local.buckets

  bucket = aws_s3_bucket.data[each.key].id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_logging" "data" {
  for_each = local.buckets

  bucket        = aws_s3_bucket.data[each.key].id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "access/${each.key}/"

  # S3 refuses a target that it may not write to.
  depends_on = [aws_s3_bucket_policy.logs]
}

resource "aws_s3_bucket_policy" "data" {
  for_each = local.buckets

  bucket = aws_s3_bucket.data[each.key].id
  policy = data.aws_iam_policy_document.data[each.key].json

  # A policy and the block of public access cannot be written at the same moment.
  depends_on = [aws_s3_bucket_public_access_block.data]
}

data "aws_iam_policy_document" "data" {
  for_each = local.buckets

  source_policy_documents = concat(
    [data.aws_iam_policy_document.secure_transport[each.key].json],
    each.key == "products" ? [data.aws_iam_policy_document.images.json] : [],
  )
}

data "aws_iam_policy_document" "secure_transport" {
  for_each = merge({ for name in keys(local.buckets) : name => aws_s3_bucket.data[name].arn }, { logs = aws_s3_bucket.logs.arn })

  # A refusal names everything: whatever it is, it goes by TLS 1.2 or newer.
  statement {
    sid       = "RefusePlainText"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [each.value, "${each.value}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  statement {
    sid       = "RefuseOldTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [each.value, "${each.value}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "NumericLessThan"
      variable = "s3:TlsVersion"
      values   = ["1.2"]
    }
  }
}
