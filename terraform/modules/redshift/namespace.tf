locals {
  # Neither holds queries: those of the loader carry what visitors did, which has no business in a log.
  logs = toset(["connectionlog", "userlog"])
}

resource "aws_redshiftserverless_namespace" "this" {
  namespace_name = var.catalog.cluster
  db_name        = "analytics"
  kms_key_id     = var.key_arn
  log_exports    = local.logs

  # Nobody signs in so but in an emergency. Redshift makes the password, keeps it in Secrets Manager and rotates it.
  admin_username                   = "millrace"
  manage_admin_password            = true
  admin_password_secret_kms_key_id = var.key_arn

  iam_roles            = [aws_iam_role.copy.arn]
  default_iam_role_arn = aws_iam_role.copy.arn

  # Redshift would make the log groups itself at its first event, with neither our key nor an end.
  depends_on = [aws_cloudwatch_log_group.audit]
}

resource "aws_cloudwatch_log_group" "audit" {
  for_each = local.logs

  name              = "/aws/redshift/${var.catalog.cluster}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
}
