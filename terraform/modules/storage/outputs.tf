output "bucket_arns" {
  description = "By name: the buckets of the catalog, documents, lake and logs."
  value       = merge({ for name, bucket in aws_s3_bucket.data : name => bucket.arn }, { logs = aws_s3_bucket.logs.arn })
}

output "logs_bucket" {
  description = "Where CloudTrail, Config and CloudFront write, each below AWSLogs/<account>/ without a prefix of its own. It is given once its policy lets them."
  value = {
    name        = aws_s3_bucket.logs.id
    arn         = aws_s3_bucket.logs.arn
    domain_name = aws_s3_bucket.logs.bucket_domain_name
  }
  depends_on = [aws_s3_bucket_policy.logs]
}

output "lake_bucket_arn" {
  description = "Bucket of the analytics lake; raw page views are below page-views/."
  value       = aws_s3_bucket.data["lake"].arn
}

output "lake_bucket_name" {
  description = "Name of the lake's bucket."
  value       = aws_s3_bucket.data["lake"].id
}

output "documents_bucket_arn" {
  description = "Bucket of the order documents, with Object Lock."
  value       = aws_s3_bucket.data["documents"].arn
}

output "images_domain" {
  description = "Where CloudFront shows pictures of products."
  value       = local.images_domain
}

output "images_distribution_arn" {
  description = "The distribution that reads the bucket of products."
  value       = aws_cloudfront_distribution.images.arn
}

output "efs_id" {
  description = "File system with the shared configuration."
  value       = aws_efs_file_system.configuration.id
}

output "efs_access_point_id" {
  description = "Access point by which pods read the shared configuration."
  value       = aws_efs_access_point.configuration.id
}

output "inventory" {
  description = "What the module builds, counted."
  value = tomap({
    buckets                = length(aws_s3_bucket.data) + 1
    "image distributions"  = 1
    "image records"        = length(aws_route53_record.images)
    "lake tables"          = 1
    "athena workgroups"    = 1
    "file systems"         = 1
    "file system mounts"   = length(aws_efs_mount_target.configuration)
    "access points"        = 1
    "image log deliveries" = 1
  })
}
