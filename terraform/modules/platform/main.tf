locals {
  cluster       = var.catalog.cluster
  argocd_domain = "argocd.${var.catalog.domain}"
  release_role  = { for where, one in { previous = var.delivery.previous, next = var.delivery.next } : where => one == null ? null : "arn:${data.aws_partition.current.partition}:iam::${one.account}:role/${one.environment}-millrace-release" }

  # The state's bucket and key are made by the root terraform/state, before anything here.
  state_bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${local.cluster}-terraform-${var.catalog.account}"

  stores = {
    logs_key_arn       = module.security.platform_key_arns["logs"]
    log_retention_days = var.catalog.log_retention_days
  }
}

data "aws_partition" "current" {}

data "aws_kms_alias" "state" {
  name = "alias/${local.cluster}-terraform"
}

# The folder, the catalog and the credentials must mean the same account. The provider holds the credentials to it
# (allowed_account_ids); this holds the catalog to it.
resource "terraform_data" "account" {
  input = var.catalog.account

  lifecycle {
    precondition {
      condition     = var.catalog.account == var.account
      error_message = "The catalog's inputs are for account ${var.catalog.account}, this folder is for ${var.account}: they belong to different environments. Run node catalog/outputs.ts, or mend account in main.tf."
    }
  }
}

module "network" {
  source = "../network"

  catalog            = var.catalog
  vpc_cidr           = var.network.vpc_cidr
  nat_zones          = var.network.nat_zones
  logs_key_arn       = local.stores.logs_key_arn
  log_retention_days = local.stores.log_retention_days
}

module "security" {
  source = "../security"

  catalog               = var.catalog
  logs_bucket           = module.storage.logs_bucket
  alerts_topic_arn      = module.observability.alerts_topic_arn
  next_release_role_arn = local.release_role.next
  rotation_zip          = "${var.functions_folder}/rotation.zip"
  rotation_days         = var.security.rotation_days
  detectors             = var.security.detectors
}

module "edge" {
  source = "../edge"

  catalog                     = var.catalog
  vpc_id                      = module.network.vpc_id
  zones                       = module.network.zones
  cluster_security_group_id   = module.eks.cluster_security_group_id
  endpoints_security_group_id = module.network.endpoints_security_group_id
  s3_prefix_list_id           = module.network.s3_prefix_list_id
  logs_bucket                 = module.storage.logs_bucket
  logs_key_arn                = local.stores.logs_key_arn
  log_retention_days          = local.stores.log_retention_days
  web_requests_per_5_minutes  = var.edge.web_requests_per_5_minutes
  is_serving                  = var.edge.is_serving
}

module "eks" {
  source = "../eks"

  catalog             = var.catalog
  cluster_version     = var.eks.version
  zones               = module.network.zones
  key_arn             = module.security.platform_key_arns["eks"]
  logs_key_arn        = local.stores.logs_key_arn
  log_retention_days  = local.stores.log_retention_days
  alerts_key_arn      = module.security.platform_key_arns["alerts"]
  alerts_topic_arn    = module.observability.alerts_topic_arn
  public_access_cidrs = var.eks.public_access_cidrs
  administrators      = var.eks.administrators
  viewers             = var.eks.viewers
  break_glass         = var.eks.break_glass
  retiring_profiles   = var.eks.retiring_profiles
  bootstrap_role_arn  = module.delivery.bootstrap_role_arn
  profile_quota       = var.eks.profile_quota
  is_protected        = var.eks.is_protected
}

module "irsa" {
  source = "../irsa"

  catalog                = var.catalog
  oidc_provider_arn      = module.eks.oidc_provider_arn
  oidc_issuer            = module.eks.oidc_issuer
  key_arns               = module.security.key_arns
  aurora_resource_id     = module.aurora.resource_id
  warehouse_workgroup_id = module.redshift.workgroup_id
  metrics_workspace_id   = module.observability.metrics_workspace_id
}

module "delivery" {
  source = "../delivery"

  catalog                   = var.catalog
  github_repository         = var.delivery.github_repository
  repository_arns           = module.security.repository_arns
  previous_registry         = var.delivery.previous
  state_bucket_arn          = local.state_bucket_arn
  state_key_arn             = data.aws_kms_alias.state.target_key_arn
  repository_url            = var.delivery.repository
  revision                  = var.delivery.revision
  repository_secret         = var.delivery.repository_secret
  vpc_id                    = module.network.vpc_id
  subnet_ids                = [for zone in values(module.network.zones) : zone.app_subnet_id]
  cluster_security_group_id = module.eks.cluster_security_group_id
  logs_key_arn              = local.stores.logs_key_arn
  log_retention_days        = local.stores.log_retention_days
}
