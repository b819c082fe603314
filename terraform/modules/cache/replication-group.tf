locals {
  port   = 6379
  family = "${var.engine}${split(".", var.engine_version)[0]}"
}

resource "aws_elasticache_subnet_group" "this" {
  name        = var.catalog.cluster
  description = "The data subnets of ${var.catalog.environment}"
  subnet_ids  = [for zone in values(var.zones) : zone.data_subnet_id]
}

resource "aws_elasticache_parameter_group" "this" {
  # The family is part of the name, because the group of a new major version is made before the old one goes.
  name        = "${var.catalog.cluster}-${local.family}"
  family      = local.family
  description = "What ${var.catalog.cluster} sets otherwise than AWS"

  # When memory runs out the shortest-lived keys go first: counters of seconds before sessions of hours before the salt of days.
  parameter {
    name  = "maxmemory-policy"
    value = "volatile-ttl"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_elasticache_replication_group" "this" {
  replication_group_id = var.catalog.cluster
  description          = "Visitor salts, sessions and counters of ${var.catalog.environment}"
  engine               = var.engine
  engine_version       = var.engine_version
  node_type            = var.node_type
  num_cache_clusters   = 1 + var.replicas
  port                 = local.port

  automatic_failover_enabled = true
  multi_az_enabled           = true
  cluster_mode               = "disabled"

  parameter_group_name = aws_elasticache_parameter_group.this.name
  subnet_group_name    = aws_elasticache_subnet_group.this.name
  security_group_ids   = [aws_security_group.this.id]

  at_rest_encryption_enabled = true
  kms_key_id                 = var.key_arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  user_group_ids             = [aws_elasticache_user_group.this.user_group_id]

  # A copy would keep the visitor salt beyond its day, and with it one could tell visitors again by their addresses.
  # For the same reason nothing logs slow commands: they are logged with their arguments.
  snapshot_retention_limit = 0

  auto_minor_version_upgrade = true
  maintenance_window         = "sun:05:30-sun:06:30"
}
