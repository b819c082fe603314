# Standard logging v2: its fields may be chosen, so that no address, referrer or browser of a person is written down.
resource "aws_cloudwatch_log_delivery_source" "images" {
  region = local.edge_region

  name         = "${var.catalog.cluster}-images"
  log_type     = "ACCESS_LOGS"
  resource_arn = aws_cloudfront_distribution.images.arn
}

resource "aws_cloudwatch_log_delivery_destination" "images" {
  region = local.edge_region

  name          = "${var.catalog.cluster}-images"
  output_format = "json"

  delivery_destination_configuration {
    destination_resource_arn = aws_s3_bucket.logs.arn
  }
}

resource "aws_cloudwatch_log_delivery" "images" {
  region = local.edge_region

  delivery_source_name     = aws_cloudwatch_log_delivery_source.images.name
  delivery_destination_arn = aws_cloudwatch_log_delivery_destination.images.arn
  record_fields = [
    "date", "time", "x-edge-location", "sc-bytes", "cs-method", "x-host-header", "cs-uri-stem", "sc-status",
    "x-edge-result-type", "x-edge-request-id", "cs-protocol", "cs-bytes", "time-taken", "ssl-protocol", "ssl-cipher",
    "x-edge-response-result-type", "cs-protocol-version", "time-to-first-byte", "x-edge-detailed-result-type",
    "sc-content-type", "sc-content-len",
  ]

  # CloudWatch writes a missing permission into the policy itself, which Terraform would take away again.
  depends_on = [aws_s3_bucket_policy.logs]
}
