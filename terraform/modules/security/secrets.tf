locals {
  secrets = merge([
    for service, spec in var.catalog.services : {
      for variable, secret in spec.secrets : "${service}/${variable}" => merge(secret, { service = service, variable = variable })
    }
  ]...)
}

resource "aws_secretsmanager_secret" "this" {
  for_each = local.secrets

  name        = each.value.name
  description = "${each.value.variable} of ${each.value.service}."
  kms_key_id  = local.key_arns[each.value.key]
  # A secret that went by mistake can be had back for that long.
  recovery_window_in_days = var.catalog.environment == "prod" ? 30 : 7
}

# The function makes the first value too. A version that Terraform wrote would be read again at every plan, so whoever
# plans would need the right to read secrets; this way the value is in no plan and no state.
resource "aws_lambda_invocation" "first_value" {
  for_each = aws_secretsmanager_secret.this

  function_name = aws_lambda_function.rotation.function_name
  input         = jsonencode({ firstValueOf = each.value.arn })

  depends_on = [aws_iam_role_policy.rotation]
}

resource "aws_secretsmanager_secret_rotation" "this" {
  #checkov:skip=CKV_AWS_304:How many days is a variable, which takes 90 at most.
  for_each = aws_secretsmanager_secret.this

  secret_id           = each.value.id
  rotation_lambda_arn = aws_lambda_function.rotation.arn
  # The first value is new. Without an immediate rotation Secrets Manager only tries the function.
  rotate_immediately = false

  rotation_rules {
    automatically_after_days = var.rotation_days
  }

  depends_on = [aws_lambda_permission.rotation, aws_lambda_invocation.first_value]
}
