locals {
  # Raw page views are kept for 30 days everywhere; what lasts are the sums in Aurora and Redshift.
  page_view_days = 30

  page_views = "s3://${local.buckets.lake.name}/page-views"

  # The columns of the warehouse's table "event" (services/analytics/warehouse); the day is a folder.
  page_view_columns = [
    ["id", "string"], ["site_id", "string"], ["visitor", "bigint"], ["at", "timestamp"], ["received_at", "timestamp"],
    ["seconds", "int"], ["clock_skew", "boolean"], ["type", "string"], ["path", "string"], ["title", "string"],
    ["referrer", "string"], ["utm_source", "string"], ["utm_medium", "string"], ["utm_campaign", "string"],
    ["country", "string"], ["browser", "string"], ["os", "string"], ["device", "string"], ["language", "string"],
    ["screen", "string"], ["name", "string"], ["props", "string"],
  ]
}

resource "aws_s3_bucket_lifecycle_configuration" "lake" {
  bucket = aws_s3_bucket.data["lake"].id

  rule {
    id     = "incomplete-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  rule {
    id     = "raw-page-views"
    status = "Enabled"
    filter {
      prefix = "page-views/"
    }
    expiration {
      days = local.page_view_days
    }
  }

  rule {
    id     = "answers-of-athena"
    status = "Enabled"
    filter {
      prefix = "answers/"
    }
    expiration {
      days = 7
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

  depends_on = [aws_s3_bucket_versioning.data]
}

resource "aws_glue_catalog_database" "lake" {
  # Names of tables in SQL have no hyphen.
  name         = replace(var.catalog.cluster, "-", "_")
  description  = "The analytics lake."
  location_uri = "s3://${local.buckets.lake.name}/"
}

resource "aws_glue_catalog_table" "page_views" {
  name          = "page_views"
  description   = "Page views and other events of the tracker, by the day of their receipt."
  database_name = aws_glue_catalog_database.lake.name
  table_type    = "EXTERNAL_TABLE"

  # Athena works the partitions out of the day: nobody has to register them, and no crawler runs.
  parameters = {
    EXTERNAL                       = "TRUE"
    classification                 = "parquet"
    "projection.enabled"           = "true"
    "projection.day.type"          = "date"
    "projection.day.format"        = "yyyy-MM-dd"
    "projection.day.range"         = "NOW-${local.page_view_days}DAYS,NOW"
    "projection.day.interval"      = "1"
    "projection.day.interval.unit" = "DAYS"
    "storage.location.template"    = "${local.page_views}/day=$${day}/"
  }

  partition_keys {
    name = "day"
    type = "string"
  }

  storage_descriptor {
    location      = "${local.page_views}/"
    input_format  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"

    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
      parameters            = { "serialization.format" = "1" }
    }

    dynamic "columns" {
      for_each = local.page_view_columns
      content {
        name = columns.value[0]
        type = columns.value[1]
      }
    }
  }
}

resource "aws_athena_workgroup" "lake" {
  name        = var.catalog.cluster
  description = "Questions to the analytics lake; what one may read has a limit."
  # Saved queries go with the workgroup; they are nobody's data.
  force_destroy = true

  configuration {
    # Nobody asks with settings of their own, so no answer is written elsewhere or without the key.
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true
    bytes_scanned_cutoff_per_query     = var.query_limit_gib * 1024 * 1024 * 1024

    engine_version {
      selected_engine_version = "Athena engine version 3"
    }

    result_configuration {
      output_location       = "s3://${local.buckets.lake.name}/answers/"
      expected_bucket_owner = var.catalog.account
      encryption_configuration {
        encryption_option = "SSE_KMS"
        kms_key_arn       = var.lake_key_arn
      }
    }
  }
}
