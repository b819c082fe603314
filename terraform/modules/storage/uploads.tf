# The page sends files to the buckets of the catalog itself, by forms that the services sign (runtime/uploads.ts).
resource "aws_s3_bucket_cors_configuration" "catalog" {
  for_each = var.catalog.buckets

  bucket = aws_s3_bucket.data[each.key].id
  cors_rule {
    id              = "page"
    allowed_origins = ["https://${var.catalog.domain}"]
    # A form is a POST. A PUT is signed by the person's own credentials of the identity pool.
    allowed_methods = ["POST", "PUT"]
    allowed_headers = ["authorization", "content-md5", "content-type", "x-amz-*"]
    expose_headers  = ["etag"]
    max_age_seconds = 3600
  }
}

resource "aws_s3_bucket_notification" "catalog" {
  for_each = { for name, bucket in var.catalog.buckets : name => bucket if bucket.sends_events }

  bucket      = aws_s3_bucket.data[each.key].id
  eventbridge = true
}

resource "aws_s3_bucket_lifecycle_configuration" "catalog" {
  for_each = var.catalog.buckets

  bucket = aws_s3_bucket.data[each.key].id

  rule {
    id     = "incomplete-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  # What a service deletes, for instance because a person asks for it, is really gone a month later.
  rule {
    id     = "old-versions"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
    expiration {
      expired_object_delete_marker = true
    }
  }

  # What people put with credentials of their own is below user/<region>:<id>/ (module identity). Its size has no limit, and
  # what no service takes over within a week is gone.
  dynamic "rule" {
    for_each = toset([for name in [each.key] : name if name == "uploads"])
    content {
      id     = "left-behind"
      status = "Enabled"
      filter {
        prefix = "user/${var.catalog.region}:"
      }
      expiration {
        days = 7
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.data]
}
