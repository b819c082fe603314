# The values of prod. What they mean stands in modules/platform/values.tf.
module "platform" {
  source = "../../modules/platform"

  catalog          = var.catalog
  account          = "777788889999"
  functions_folder = "${path.root}/../../functions/dist"

  network = {
    vpc_cidr  = "10.0.0.0/16"
    nat_zones = ["a", "b", "c"]
  }

  eks = {
    version        = "1.35"
    administrators = { platform = "arn:aws:iam::777788889999:role/platform-engineers" }
    is_protected   = true
  }

  aurora = {
    capacity        = { min = 1, max = 4 }
    max_connections = 2000
    engine_version  = "17.6"
    backup_days     = 35
    is_protected    = true
  }

  redshift = {
    base_capacity         = 8
    max_capacity          = 64
    usage_limit_rpu_hours = 1500
  }

  cache = {
    node_type      = "cache.t4g.small"
    replicas       = 1
    engine_version = "8.1"
  }

  bus_encryption = "aws"

  edge = {
    web_requests_per_5_minutes = 2000
    is_serving                 = var.is_serving
  }

  log_days = 2557

  documents = {
    lock_years = 7
    lock_mode  = "COMPLIANCE"
  }

  identity = {
    mfa          = "ON"
    is_protected = true
  }

  security = {
    detectors     = ["access-analyzer", "cloudtrail", "config", "guardduty", "securityhub"]
    rotation_days = 90
  }

  observability = {
    alert_emails       = ["platform@millrace.example"]
    trace_sample_rate  = 0.05
    monthly_budget_usd = 4000
  }

  delivery = {
    github_repository = "millrace/millrace"
    repository        = "https://git.millrace.example/millrace/millrace.git"
    revision          = "main"
    release_windows   = [{ schedule = "0 8 * * 1-5", duration = "10h", timeZone = "America/New_York" }]
    previous          = { account = "444455556666", environment = "staging" }
  }
}
