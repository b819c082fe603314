locals {
  port = 5432

  # The first two letters, each with the name of its zone.
  instances = { for letter in slice(sort(keys(var.zones)), 0, 2) : letter => var.zones[letter].name }
}

resource "aws_db_subnet_group" "this" {
  name        = var.catalog.cluster
  description = "The data subnets of ${var.catalog.environment}"
  subnet_ids  = [for zone in values(var.zones) : zone.data_subnet_id]
}

resource "aws_rds_cluster" "this" {
  #checkov:skip=CKV2_AWS_8:Aurora itself keeps every moment of backup_days, which is what a plan of AWS Backup would copy.
  cluster_identifier = var.catalog.cluster
  engine             = "aurora-postgresql"
  engine_mode        = "provisioned"
  engine_version     = var.engine_version
  port               = local.port

  # Roles of services sign in with IAM. The master user is for the function that makes them, and for emergencies.
  iam_database_authentication_enabled = true
  master_username                     = "millrace"
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = var.key_arn
  enable_http_endpoint                = true

  storage_encrypted = true
  kms_key_id        = var.key_arn

  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [aws_security_group.this.id]
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this.name
  enabled_cloudwatch_logs_exports = local.logs

  serverlessv2_scaling_configuration {
    min_capacity = var.capacity.min
    max_capacity = var.capacity.max
  }

  backup_retention_period      = var.backup_days
  preferred_backup_window      = "03:00-04:00"
  preferred_maintenance_window = "sun:04:30-sun:05:30"
  copy_tags_to_snapshot        = true
  deletion_protection          = var.is_protected
  skip_final_snapshot          = !var.is_protected
  final_snapshot_identifier    = "${var.catalog.cluster}-final"

  lifecycle {
    precondition {
      condition     = var.is_protected || var.catalog.environment != "prod"
      error_message = "prod's database must be protected from deletion. Set aurora.is_protected to true in environments/prod."
    }
    precondition {
      condition     = var.backup_days == 35 || var.catalog.environment != "prod"
      error_message = "prod promises that any moment of the last 35 days can be restored. Set backup_days to 35."
    }
  }

  # RDS would make the log groups itself, with neither our key nor an end.
  depends_on = [aws_cloudwatch_log_group.postgresql]
}

# Aurora decides which of the two writes, and changes it when that one fails; so they are called by their zones.
resource "aws_rds_cluster_instance" "this" {
  #checkov:skip=CKV_AWS_226:A minor version comes as a change of engine_version, in dev first; one that AWS raised would make each later plan lower it.
  for_each = local.instances

  identifier         = "${var.catalog.cluster}-${each.key}"
  cluster_identifier = aws_rds_cluster.this.id
  engine             = aws_rds_cluster.this.engine
  engine_version     = aws_rds_cluster.this.engine_version
  instance_class     = "db.serverless"
  availability_zone  = each.value

  # In the tiers 0 and 1 a reader is kept as large as the writer, so that it can take over under load.
  promotion_tier       = 1
  db_subnet_group_name = aws_db_subnet_group.this.name
  publicly_accessible  = false

  auto_minor_version_upgrade   = false
  copy_tags_to_snapshot        = true
  preferred_maintenance_window = each.key == keys(local.instances)[0] ? "sun:04:30-sun:05:30" : "sun:06:00-sun:07:00"

  performance_insights_enabled          = true
  performance_insights_kms_key_id       = var.key_arn
  performance_insights_retention_period = 7
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn

  depends_on = [aws_iam_role_policy.monitoring]
}
