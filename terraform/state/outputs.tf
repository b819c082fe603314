output "bucket" {
  description = "The bucket for the backend of this environment."
  value       = aws_s3_bucket.state.bucket
}

output "bucket_arn" {
  description = "Its ARN (state_bucket_arn of the module delivery)."
  value       = aws_s3_bucket.state.arn
}

output "key_arn" {
  description = "The key of the bucket (state_key_arn of the module delivery)."
  value       = aws_kms_key.state.arn
}
