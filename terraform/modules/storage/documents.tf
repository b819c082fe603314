# Invoices and other documents of orders: written once, kept as long as the law asks, then deleted.
resource "aws_s3_bucket_object_lock_configuration" "documents" {
  bucket = aws_s3_bucket.data["documents"].id

  rule {
    default_retention {
      mode  = var.object_lock_mode
      years = var.object_lock_years
    }
  }

  depends_on = [aws_s3_bucket_versioning.data]
}

resource "aws_s3_bucket_lifecycle_configuration" "documents" {
  bucket = aws_s3_bucket.data["documents"].id

  rule {
    id     = "incomplete-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  rule {
    id     = "rarely-read"
    status = "Enabled"
    filter {}
    transition {
      days          = 90
      storage_class = "GLACIER_IR"
    }
  }

  # The lock ends before: a lifecycle deletes no locked version, and personal data is kept no longer than it must be.
  rule {
    id     = "end-of-retention"
    status = "Enabled"
    filter {}
    expiration {
      days = var.object_lock_years * 366
    }
    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.data]
}
