module "aurora" {
  source = "../aurora"

  catalog            = var.catalog
  zones              = module.network.zones
  vpc_id             = module.network.vpc_id
  key_arn            = module.security.platform_key_arns["aurora"]
  logs_key_arn       = local.stores.logs_key_arn
  log_retention_days = local.stores.log_retention_days
  capacity           = var.aurora.capacity
  max_connections    = var.aurora.max_connections
  engine_version     = var.aurora.engine_version
  backup_days        = var.aurora.backup_days
  is_protected       = var.aurora.is_protected
  security_group_ids = module.edge.service_security_group_ids
  function_zip       = "${var.functions_folder}/databases.zip"
  alerts_topic_arn   = module.observability.alerts_topic_arn
}

module "redshift" {
  source = "../redshift"

  catalog               = var.catalog
  zones                 = module.network.zones
  vpc_id                = module.network.vpc_id
  key_arn               = module.security.platform_key_arns["redshift"]
  logs_key_arn          = local.stores.logs_key_arn
  log_retention_days    = local.stores.log_retention_days
  base_capacity         = var.redshift.base_capacity
  max_capacity          = var.redshift.max_capacity
  usage_limit_rpu_hours = var.redshift.usage_limit_rpu_hours
  lake_bucket_arn       = module.storage.lake_bucket_arn
  lake_key_arn          = module.security.platform_key_arns["lake"]
  security_group_ids    = module.edge.service_security_group_ids
  alerts_topic_arn      = module.observability.alerts_topic_arn
}

module "cache" {
  source = "../cache"

  catalog            = var.catalog
  zones              = module.network.zones
  vpc_id             = module.network.vpc_id
  key_arn            = module.security.platform_key_arns["cache"]
  node_type          = var.cache.node_type
  replicas           = var.cache.replicas
  engine             = "valkey"
  engine_version     = var.cache.engine_version
  security_group_ids = module.edge.service_security_group_ids
}

module "events" {
  source = "../events"

  catalog          = var.catalog
  key_arns         = module.security.key_arns
  bus_encryption   = var.bus_encryption
  bus_key_arn      = module.security.platform_key_arns["bus"]
  inbox_days       = var.catalog.inbox_days
  alerts_topic_arn = module.observability.alerts_topic_arn
  notice_emails    = var.observability.alert_emails
}

module "storage" {
  source = "../storage"

  catalog                    = var.catalog
  key_arns                   = module.security.key_arns
  documents_key_arn          = module.security.platform_key_arns["documents"]
  lake_key_arn               = module.security.platform_key_arns["lake"]
  efs_key_arn                = module.security.platform_key_arns["efs"]
  zones                      = module.network.zones
  vpc_id                     = module.network.vpc_id
  cluster_security_group_id  = module.eks.cluster_security_group_id
  service_security_group_ids = module.edge.service_security_group_ids
  certificate_arn            = module.edge.certificate_arn
  zone_id                    = module.edge.zone_id
  object_lock_mode           = var.documents.lock_mode
  object_lock_years          = var.documents.lock_years
  log_days                   = var.log_days
}

module "identity" {
  source = "../identity"

  catalog            = var.catalog
  key_arns           = module.security.key_arns
  mfa                = var.identity.mfa
  is_protected       = var.identity.is_protected
  social_providers   = var.identity.social_providers
  mail_identity_arn  = module.observability.mail_identity_arn
  argocd_domain      = local.argocd_domain
  token_function_zip = "${var.functions_folder}/token.zip"
  logs_key_arn       = local.stores.logs_key_arn
  log_retention_days = local.stores.log_retention_days
}

module "observability" {
  source = "../observability"

  catalog                 = var.catalog
  logs_key_arn            = local.stores.logs_key_arn
  alerts_key_arn          = module.security.platform_key_arns["alerts"]
  alert_emails            = var.observability.alert_emails
  control_plane_log_group = module.eks.control_plane_log_group
  zone_id                 = module.edge.zone_id
  aurora_cluster_id       = local.cluster
  aurora_max_connections  = var.aurora.max_connections
  redshift_workgroup      = local.cluster
  redshift_max_capacity   = var.redshift.max_capacity
  cache_replication_group = local.cluster
  cache_node_count        = var.cache.replicas + 1
  trace_sample_rate       = var.observability.trace_sample_rate
  budgets                 = { monthly_usd = var.observability.monthly_budget_usd }
}
