variables {
  catalog = {
    environment = "staging"
    cluster     = "staging-millrace"
    region      = "eu-central-1"
    account     = "444455556666"
    domain      = "staging.shop.example"
    buckets = {
      products = {
        name         = "staging-millrace-products-444455556666"
        arn          = "arn:aws:s3:::staging-millrace-products-444455556666"
        key          = "alias/staging-millrace-bucket-products"
        sends_events = false
      }
      uploads = {
        name         = "staging-millrace-uploads-444455556666"
        arn          = "arn:aws:s3:::staging-millrace-uploads-444455556666"
        key          = "alias/staging-millrace-bucket-uploads"
        sends_events = true
      }
    }
  }
  key_arns = {
    "alias/staging-millrace-bucket-products" = "arn:aws:kms:eu-central-1:444455556666:key/products"
    "alias/staging-millrace-bucket-uploads"  = "arn:aws:kms:eu-central-1:444455556666:key/uploads"
    "alias/staging-millrace-queues-order"    = "arn:aws:kms:eu-central-1:444455556666:key/queues"
  }
  documents_key_arn = "arn:aws:kms:eu-central-1:444455556666:key/documents"
  lake_key_arn      = "arn:aws:kms:eu-central-1:444455556666:key/lake"
  efs_key_arn       = "arn:aws:kms:eu-central-1:444455556666:key/efs"
  zones = {
    a = { app_subnet_id = "subnet-0000000000000000a" }
    b = { app_subnet_id = "subnet-0000000000000000b" }
    c = { app_subnet_id = "subnet-0000000000000000c" }
  }
  vpc_id                     = "vpc-00000000000000001"
  cluster_security_group_id  = "sg-00000000000000001"
  service_security_group_ids = { order = "sg-00000000000000002", user = "sg-00000000000000003" }
  certificate_arn            = "arn:aws:acm:us-east-1:444455556666:certificate/00000000-0000-0000-0000-000000000001"
  zone_id                    = "Z0000000000000000001"
  object_lock_mode           = "GOVERNANCE"
  object_lock_years          = 7
  log_days                   = 365
}

run "buckets" {
  command = plan
  module {
    source = "./modules/storage"
  }

  assert {
    condition     = toset(keys(aws_s3_bucket.data)) == toset(["documents", "lake", "products", "uploads"])
    error_message = "There must be a bucket for each of the catalog, documents and the lake."
  }
  assert {
    condition     = aws_s3_bucket.data["documents"].bucket == "staging-millrace-documents-444455556666" && aws_s3_bucket.logs.bucket == "staging-millrace-logs-444455556666"
    error_message = "Names end in the account, because they are global."
  }
  assert {
    condition     = alltrue([for each in aws_s3_bucket_versioning.data : each.versioning_configuration[0].status == "Enabled"]) && length(aws_s3_bucket_versioning.data) == 4
    error_message = "Every bucket keeps versions."
  }
  assert {
    condition = {
      for name, each in aws_s3_bucket_server_side_encryption_configuration.data :
      name => one(one(each.rule).apply_server_side_encryption_by_default).kms_master_key_id
      } == {
      documents = "arn:aws:kms:eu-central-1:444455556666:key/documents"
      lake      = "arn:aws:kms:eu-central-1:444455556666:key/lake"
      products  = "arn:aws:kms:eu-central-1:444455556666:key/products"
      uploads   = "arn:aws:kms:eu-central-1:444455556666:key/uploads"
    }
    error_message = "Every bucket has the key that is its own."
  }
  assert {
    condition = alltrue([
      for each in concat(values(aws_s3_bucket_public_access_block.data), [aws_s3_bucket_public_access_block.logs]) :
      each.block_public_acls && each.block_public_policy && each.ignore_public_acls && each.restrict_public_buckets
    ])
    error_message = "No bucket may become public."
  }
  assert {
    condition     = { for name, each in aws_s3_bucket_logging.data : name => each.target_prefix } == { for name in ["documents", "lake", "products", "uploads"] : name => "access/${name}/" }
    error_message = "Every bucket writes its access log to the log bucket."
  }
  assert {
    condition     = keys(aws_s3_bucket_notification.catalog) == ["uploads"] && aws_s3_bucket_notification.catalog["uploads"].eventbridge
    error_message = "Exactly the buckets that a service listens to send events."
  }
  assert {
    condition = alltrue([
      for each in aws_s3_bucket_cors_configuration.catalog :
      one(each.cors_rule).allowed_origins == toset(["https://staging.shop.example"]) && one(each.cors_rule).allowed_methods == toset(["POST", "PUT"])
    ])
    error_message = "Only the page may send files from a browser."
  }
  assert {
    condition = {
      for name, each in aws_s3_bucket_lifecycle_configuration.catalog :
      name => join(" ", [for rule in each.rule : rule.id])
    } == { products = "incomplete-uploads old-versions", uploads = "incomplete-uploads old-versions left-behind" }
    error_message = "What people leave behind in uploads goes by itself."
  }
  assert {
    condition     = one(one(aws_s3_bucket_object_lock_configuration.documents.rule).default_retention).years == 7 && aws_s3_bucket.data["documents"].object_lock_enabled && !aws_s3_bucket.data["lake"].object_lock_enabled
    error_message = "Documents, and only they, are locked for seven years."
  }
  assert {
    condition     = one([for rule in aws_s3_bucket_lifecycle_configuration.documents.rule : rule.expiration[0].days if rule.id == "end-of-retention"]) > 7 * 365
    error_message = "A document is deleted after its lock, not before."
  }
  assert {
    condition     = one([for rule in aws_s3_bucket_lifecycle_configuration.logs.rule : rule.expiration[0].days if rule.id == "access-logs"]) == 7
    error_message = "Access logs hold addresses of people and are kept for seven days."
  }
  assert {
    condition     = one([for rule in aws_s3_bucket_lifecycle_configuration.lake.rule : rule.expiration[0].days if rule.id == "raw-page-views"]) == 30
    error_message = "Raw page views are kept for thirty days."
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.logs.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "S3 delivers access logs only to a bucket with SSE-S3."
  }
}

run "shapes" {
  command = plan
  module {
    source = "./modules/storage"
  }

  assert {
    condition     = toset(aws_cloudfront_distribution.images.aliases) == toset(["images.staging.shop.example"]) && one(aws_cloudfront_distribution.images.viewer_certificate).minimum_protocol_version == "TLSv1.2_2021"
    error_message = "Pictures are at images.<domain>, by TLS 1.2 or newer."
  }
  assert {
    condition     = one(aws_cloudfront_distribution.images.default_cache_behavior).viewer_protocol_policy == "redirect-to-https" && aws_cloudfront_origin_access_control.images.signing_behavior == "always"
    error_message = "CloudFront speaks TLS to people and signs what it asks of S3."
  }
  assert {
    condition     = length(setintersection(aws_cloudwatch_log_delivery.images.record_fields, ["c-ip", "c-port", "x-forwarded-for", "cs(User-Agent)", "cs(Referer)", "cs(Cookie)", "cs-uri-query"])) == 0
    error_message = "The log of pictures holds nothing of people."
  }
  assert {
    condition     = aws_cloudwatch_log_delivery.images.region == "us-east-1" && aws_cloudwatch_log_delivery_source.images.region == "us-east-1" && aws_cloudwatch_log_delivery_destination.images.region == "us-east-1"
    error_message = "CloudFront's logs are delivered from us-east-1."
  }
  assert {
    condition     = toset([for each in aws_route53_record.images : each.type]) == toset(["A", "AAAA"])
    error_message = "images.<domain> has an address of both kinds."
  }
  assert {
    condition     = aws_efs_file_system.configuration.encrypted && aws_efs_file_system.configuration.kms_key_id == "arn:aws:kms:eu-central-1:444455556666:key/efs"
    error_message = "The file system is encrypted with its own key."
  }
  assert {
    condition     = { for letter, each in aws_efs_mount_target.configuration : letter => each.subnet_id } == { a = "subnet-0000000000000000a", b = "subnet-0000000000000000b", c = "subnet-0000000000000000c" }
    error_message = "Each zone has a mount target."
  }
  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.configuration)) == toset(["cluster", "order", "user"]) && alltrue([for each in aws_vpc_security_group_ingress_rule.configuration : each.from_port == 2049 && each.to_port == 2049])
    error_message = "Pods alone reach the file system, by NFS alone."
  }
  assert {
    condition     = aws_athena_workgroup.lake.configuration[0].enforce_workgroup_configuration && aws_athena_workgroup.lake.configuration[0].bytes_scanned_cutoff_per_query == 20 * pow(1024, 3)
    error_message = "A query of Athena has a limit that nobody can lift for himself."
  }
  assert {
    condition     = aws_athena_workgroup.lake.configuration[0].result_configuration[0].encryption_configuration[0].kms_key_arn == "arn:aws:kms:eu-central-1:444455556666:key/lake"
    error_message = "What Athena answers is encrypted with the lake's key."
  }
  assert {
    condition     = aws_glue_catalog_table.page_views.parameters["storage.location.template"] == "s3://staging-millrace-lake-444455556666/page-views/day=$${day}/" && length(aws_glue_catalog_table.page_views.storage_descriptor[0].columns) == 22
    error_message = "The table of page views has the warehouse's columns and a folder for each day."
  }
}

run "policies" {
  command = apply
  module {
    source = "./modules/storage"
  }

  assert {
    condition = alltrue([
      for each in concat(values(aws_s3_bucket_policy.data), [aws_s3_bucket_policy.logs]) :
      toset([for statement in jsondecode(each.policy).Statement : statement.Sid if statement.Effect == "Deny"]) == toset(["RefusePlainText", "RefuseOldTls"])
    ])
    error_message = "Every bucket refuses what does not come by TLS 1.2 or newer."
  }
  assert {
    condition = alltrue([
      for name, each in aws_s3_bucket_policy.data :
      join(" ", [for statement in jsondecode(each.policy).Statement : statement.Sid if statement.Effect == "Allow"]) == (name == "products" ? "CloudFrontRead" : "")
    ])
    error_message = "Nobody but CloudFront reads by a bucket's policy, and it reads products alone."
  }
  assert {
    condition = one([
      for statement in jsondecode(aws_s3_bucket_policy.data["products"].policy).Statement :
      statement.Action == "s3:GetObject" && statement.Condition.StringEquals["aws:SourceArn"] == aws_cloudfront_distribution.images.arn && endswith(statement.Resource, "/product/image/*")
      if statement.Sid == "CloudFrontRead"
    ])
    error_message = "CloudFront reads pictures, for this distribution only."
  }
  assert {
    condition     = toset([for statement in jsondecode(aws_s3_bucket_policy.logs.policy).Statement : statement.Principal.Service if statement.Effect == "Allow"]) == toset(["cloudtrail.amazonaws.com", "config.amazonaws.com", "delivery.logs.amazonaws.com", "logging.s3.amazonaws.com"])
    error_message = "Exactly the services with logs write to the log bucket."
  }
  assert {
    condition     = alltrue([for statement in jsondecode(aws_s3_bucket_policy.logs.policy).Statement : strcontains(jsonencode(statement.Condition), "444455556666") if statement.Effect == "Allow"])
    error_message = "Every service writes on behalf of this account only."
  }
  assert {
    condition = one([
      for statement in jsondecode(aws_efs_file_system_policy.configuration.policy).Statement :
      statement.Action == "elasticfilesystem:ClientMount" && statement.Condition.StringEquals["elasticfilesystem:AccessPointArn"] == aws_efs_access_point.configuration.arn
      if statement.Effect == "Allow"
    ])
    error_message = "Pods read the shared configuration by its access point and do not write it."
  }
  assert {
    condition     = toset(keys(output.bucket_arns)) == toset(["documents", "lake", "logs", "products", "uploads"])
    error_message = "The module gives the ARN of every bucket."
  }
  assert {
    condition = output.inventory == tomap({
      "access points"       = 1, "athena workgroups" = 1, buckets = 5, "file system mounts" = 3, "file systems" = 1,
      "image distributions" = 1, "image log deliveries" = 1, "image records" = 2, "lake tables" = 1,
    })
    error_message = "The inventory counts what is built."
  }
}

run "prod_is_locked_for_good" {
  command = plan
  module {
    source = "./modules/storage"
  }
  variables {
    catalog = {
      environment = "prod", cluster = "prod-millrace", region = "us-east-1", account = "777788889999", domain = "shop.example"
      buckets     = { products = { name = "prod-millrace-products-777788889999", arn = "arn:aws:s3:::prod-millrace-products-777788889999", key = "alias/staging-millrace-bucket-products", sends_events = true } }
    }
    object_lock_years = 5
    log_days          = 90
  }
  expect_failures = [var.object_lock_mode, var.object_lock_years, var.log_days]
}

run "certificate_of_another_region" {
  command = plan
  module {
    source = "./modules/storage"
  }
  variables {
    certificate_arn = "arn:aws:acm:eu-central-1:444455556666:certificate/00000000-0000-0000-0000-000000000001"
  }
  expect_failures = [var.certificate_arn]
}

run "bucket_without_its_key" {
  command = plan
  module {
    source = "./modules/storage"
  }
  variables {
    key_arns = { "alias/staging-millrace-bucket-products" = "arn:aws:kms:eu-central-1:444455556666:key/products", "alias/staging-millrace-bucket-uploads-old" = "arn:aws:kms:eu-central-1:444455556666:key/uploads" }
  }
  expect_failures = [var.key_arns]
}

run "bucket_of_the_platform_in_the_catalog" {
  command = plan
  module {
    source = "./modules/storage"
  }
  variables {
    catalog = {
      environment = "staging", cluster = "staging-millrace", region = "eu-central-1", account = "444455556666", domain = "shop.example"
      buckets     = { logs = { name = "staging-millrace-logs-444455556666", arn = "arn:aws:s3:::staging-millrace-logs-444455556666", key = "alias/staging-millrace-bucket-uploads", sends_events = false } }
    }
  }
  expect_failures = [var.catalog]
}

run "endless_numbers" {
  command = plan
  module {
    source = "./modules/storage"
  }
  variables {
    object_lock_years = 1.5
    query_limit_gib   = 0
    log_days          = 1
  }
  expect_failures = [var.object_lock_years, var.query_limit_gib, var.log_days]
}
