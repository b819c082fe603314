locals {
  # CloudFront and its logs live in us-east-1, whatever the region of the rest.
  edge_region = "us-east-1"
}

resource "aws_s3_bucket" "logs" {
  #checkov:skip=CKV_AWS_18:It takes the access logs of the other buckets; a log of its own would grow by itself.
  #checkov:skip=CKV_AWS_144:Logs are also in CloudWatch where they matter; a copy in another region doubles the cost.
  #checkov:skip=CKV_AWS_145:S3 delivers access logs only to a bucket with SSE-S3; CloudTrail and Config encrypt their files with their own key.
  #checkov:skip=CKV2_AWS_62:Nobody listens to the arrival of log files.
  bucket = "${var.catalog.cluster}-logs-${var.catalog.account}"
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "incomplete-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  # An access log has the address of each browser that sent a file: as short a life as the load balancer's logs.
  rule {
    id     = "access-logs"
    status = "Enabled"
    filter {
      prefix = "access/"
    }
    expiration {
      days = 7
    }
  }

  rule {
    id     = "service-logs"
    status = "Enabled"
    filter {
      prefix = "AWSLogs/"
    }
    expiration {
      days = var.log_days
    }
  }

  rule {
    id     = "old-versions"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.logs]
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = data.aws_iam_policy_document.logs.json

  depends_on = [aws_s3_bucket_public_access_block.logs]
}

locals {
  # Who writes here, and on whose behalf: with the conditions that each of them documents.
  log_writers = {
    CloudTrail = {
      service = "cloudtrail.amazonaws.com"
      actions = ["s3:GetBucketAcl"]
      prefix  = "AWSLogs/${var.catalog.account}"
      source = {
        "aws:SourceArn" = "arn:${local.partition}:cloudtrail:${var.catalog.region}:${var.catalog.account}:trail/${var.catalog.cluster}"
      }
    }
    Config = {
      service = "config.amazonaws.com"
      actions = ["s3:GetBucketAcl", "s3:ListBucket"]
      prefix  = "AWSLogs/${var.catalog.account}/Config"
      source  = { "aws:SourceAccount" = var.catalog.account }
    }
    # CloudFront's access logs come this way.
    LogDelivery = {
      service = "delivery.logs.amazonaws.com"
      actions = ["s3:GetBucketAcl", "s3:ListBucket"]
      prefix  = "AWSLogs/${var.catalog.account}/CloudFront"
      source = {
        "aws:SourceAccount" = var.catalog.account
        "aws:SourceArn"     = "arn:${local.partition}:logs:${local.edge_region}:${var.catalog.account}:delivery-source:${var.catalog.cluster}-*"
      }
    }
  }
}

data "aws_iam_policy_document" "logs" {
  source_policy_documents = [data.aws_iam_policy_document.secure_transport["logs"].json]

  dynamic "statement" {
    for_each = local.log_writers
    content {
      sid       = "${statement.key}Look"
      actions   = statement.value.actions
      resources = [aws_s3_bucket.logs.arn]
      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }
      dynamic "condition" {
        for_each = statement.value.source
        content {
          test     = condition.key == "aws:SourceArn" ? "ArnLike" : "StringEquals"
          variable = condition.key
          values   = [condition.value]
        }
      }
    }
  }

  dynamic "statement" {
    for_each = local.log_writers
    content {
      sid       = "${statement.key}Write"
      actions   = ["s3:PutObject"]
      resources = ["${aws_s3_bucket.logs.arn}/${statement.value.prefix}/*"]
      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }
      condition {
        test     = "StringEquals"
        variable = "s3:x-amz-acl"
        values   = ["bucket-owner-full-control"]
      }
      dynamic "condition" {
        for_each = statement.value.source
        content {
          test     = condition.key == "aws:SourceArn" ? "ArnLike" : "StringEquals"
          variable = condition.key
          values   = [condition.value]
        }
      }
    }
  }

  statement {
    sid       = "AccessLogsWrite"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.logs.arn}/access/*"]
    principals {
      type        = "Service"
      identifiers = ["logging.s3.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.catalog.account]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      # The load balancer's log bucket is the module edge's, and logs its own requests here too.
      values = concat(
        [for bucket in values(local.buckets) : "arn:${local.partition}:s3:::${bucket.name}"],
        ["arn:${local.partition}:s3:::${var.catalog.cluster}-alb-logs-${var.catalog.account}"],
      )
    }
  }
}
