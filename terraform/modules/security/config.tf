# CIS asks for this very role. AWS makes it by itself where Config was turned on by hand: then import it.
resource "aws_iam_service_linked_role" "config" {
  for_each = local.on["config"]

  aws_service_name = "config.amazonaws.com"
  description      = "Lets AWS Config read and record."
}

resource "aws_config_configuration_recorder" "this" {
  for_each = local.on["config"]

  name     = var.catalog.cluster
  role_arn = aws_iam_service_linked_role.config[each.key].arn

  recording_group {
    all_supported                 = true
    include_global_resource_types = true
  }
}

resource "aws_config_delivery_channel" "this" {
  for_each = local.on["config"]

  name           = aws_config_configuration_recorder.this[each.key].name
  s3_bucket_name = var.logs_bucket.name
  s3_kms_key_arn = local.platform_key_arns["trail"]

  snapshot_delivery_properties {
    delivery_frequency = "TwentyFour_Hours"
  }
}

resource "aws_config_configuration_recorder_status" "this" {
  for_each = local.on["config"]

  name       = aws_config_configuration_recorder.this[each.key].name
  is_enabled = true

  # Without a place to write to it does not start.
  depends_on = [aws_config_delivery_channel.this]
}
