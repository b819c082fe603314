locals {
  port = 5439

  # AWS gives each of these a value; so each stands here, with the one that we want.
  parameters = {
    auto_mv                          = "true"
    datestyle                        = "ISO, MDY"
    enable_case_sensitive_identifier = "false"
    enable_user_activity_logging     = "false"
    max_query_execution_time         = "3600"
    query_group                      = "default"
    require_ssl                      = "true"
    search_path                      = "$user, public"
    use_fips_ssl                     = "false"
  }

  # The two may stand side by side because they do different things.
  limits = {
    warn = { rpu_hours = max(1, floor(0.8 * var.usage_limit_rpu_hours)), action = "emit-metric" }
    stop = { rpu_hours = var.usage_limit_rpu_hours, action = "deactivate" }
  }
}

resource "aws_redshiftserverless_workgroup" "this" {
  namespace_name = aws_redshiftserverless_namespace.this.namespace_name
  workgroup_name = var.catalog.cluster
  base_capacity  = var.base_capacity
  max_capacity   = var.max_capacity
  port           = local.port

  subnet_ids           = [for zone in values(var.zones) : zone.data_subnet_id]
  security_group_ids   = [aws_security_group.this.id]
  publicly_accessible  = false
  enhanced_vpc_routing = true

  dynamic "config_parameter" {
    for_each = local.parameters
    content {
      parameter_key   = config_parameter.key
      parameter_value = config_parameter.value
    }
  }

  # AWS adds parameters of its own, such as enable_large_strings_opt_in in 2026, which a provider of before then reads, does
  # not let anybody write, and so wants to take away at every apply, which AWS refuses. So these hold from the beginning; who
  # changes one does it here and by "aws redshift-serverless update-workgroup --config-parameters".
  lifecycle {
    ignore_changes = [config_parameter]
  }
}

resource "aws_redshiftserverless_usage_limit" "this" {
  for_each = local.limits

  resource_arn  = aws_redshiftserverless_workgroup.this.arn
  usage_type    = "serverless-compute"
  period        = "monthly"
  amount        = each.value.rpu_hours
  breach_action = each.value.action
}
