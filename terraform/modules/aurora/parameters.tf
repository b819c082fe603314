locals {
  family = "aurora-postgresql${split(".", var.engine_version)[0]}"
}

resource "aws_rds_cluster_parameter_group" "this" {
  # The family is part of the name, because the group of a new major version is made before the old one goes.
  name        = "${var.catalog.cluster}-${local.family}"
  family      = local.family
  description = "What ${var.catalog.cluster} sets otherwise than AWS"

  # PostgreSQL reads it only when it starts, so it waits for a restart, which the operator chooses.
  parameter {
    name         = "max_connections"
    value        = var.max_connections
    apply_method = "pending-reboot"
  }

  # TLS for everyone; the master user's password is checked by SCRAM.
  parameter {
    name         = "rds.force_ssl"
    value        = "1"
    apply_method = "immediate"
  }

  parameter {
    name         = "rds.accepted_password_auth_method"
    value        = "scram"
    apply_method = "immediate"
  }

  parameter {
    name         = "password_encryption"
    value        = "scram-sha-256"
    apply_method = "immediate"
  }

  # Changes of tables, statements of a second or more, and waits for locks. Values of statements are never logged: they are
  # people's names and addresses.
  parameter {
    name         = "log_statement"
    value        = "ddl"
    apply_method = "immediate"
  }

  parameter {
    name         = "log_min_duration_statement"
    value        = "1000"
    apply_method = "immediate"
  }

  parameter {
    name         = "log_lock_waits"
    value        = "1"
    apply_method = "immediate"
  }

  parameter {
    name         = "log_parameter_max_length"
    value        = "0"
    apply_method = "immediate"
  }

  parameter {
    name         = "log_parameter_max_length_on_error"
    value        = "0"
    apply_method = "immediate"
  }

  # Who came and went.
  parameter {
    name         = "log_connections"
    value        = "1"
    apply_method = "immediate"
  }

  parameter {
    name         = "log_disconnections"
    value        = "1"
    apply_method = "immediate"
  }

  lifecycle {
    create_before_destroy = true
  }
}
