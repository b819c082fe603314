resource "aws_cloudwatch_log_delivery_source" "access" {
  for_each = local.serving

  name         = "${var.catalog.cluster}-cloudfront"
  log_type     = "ACCESS_LOGS"
  resource_arn = aws_cloudfront_distribution.this[each.key].arn
}

resource "aws_cloudwatch_log_delivery_destination" "access" {
  for_each = local.serving

  name          = "${var.catalog.cluster}-cloudfront"
  output_format = "json"

  delivery_destination_configuration {
    destination_resource_arn = aws_cloudwatch_log_group.this["access"].arn
  }
}

# Neither the visitor's address nor cookies, query or referrer: what is not written cannot leak.
locals {
  access_log_fields = [
    "date", "time", "x-edge-location", "x-edge-request-id", "x-host-header", "cs-method", "cs-uri-stem", "sc-status",
    "sc-bytes", "cs-bytes", "time-taken", "time-to-first-byte", "x-edge-result-type", "x-edge-detailed-result-type",
    "ssl-protocol", "ssl-cipher", "cs-protocol-version",
  ]
}

# The provider cannot change the fields of a delivery to a log group (its issue 46108), so other fields make another delivery.
resource "terraform_data" "access_log_fields" {
  input = local.access_log_fields
}

resource "aws_cloudwatch_log_delivery" "access" {
  for_each = local.serving

  delivery_source_name     = aws_cloudwatch_log_delivery_source.access[each.key].name
  delivery_destination_arn = aws_cloudwatch_log_delivery_destination.access[each.key].arn
  record_fields            = local.access_log_fields

  lifecycle {
    replace_triggered_by = [terraform_data.access_log_fields]
  }

  depends_on = [aws_cloudwatch_log_resource_policy.this]
}
