# The values of staging. What they mean stands in modules/platform/values.tf.
module "platform" {
  source = "../../modules/platform"

  catalog          = var.catalog
  account          = "444455556666"
  functions_folder = "${path.root}/../../functions/dist"

  network = {
    vpc_cidr  = "10.0.0.0/16"
    nat_zones = ["a", "b", "c"]
  }

  eks = {
    version        = "1.35"
    administrators = { platform = "arn:aws:iam::444455556666:role/platform-engineers" }
    is_protected   = false
  }

  aurora = {
    capacity        = { min = 1, max = 4 }
    max_connections = 2000
    engine_version  = "17.6"
    backup_days     = 35
    is_protected    = false
  }

  redshift = {
    base_capacity         = 4
    max_capacity          = 16
    usage_limit_rpu_hours = 100
  }

  cache = {
    node_type      = "cache.t4g.micro"
    replicas       = 1
    engine_version = "8.1"
  }

  bus_encryption = "aws"

  edge = {
    web_requests_per_5_minutes = 5000
    is_serving                 = var.is_serving
  }

  log_days = 365

  documents = {
    lock_years = 1
    lock_mode  = "GOVERNANCE"
  }

  identity = {
    mfa          = "OPTIONAL"
    is_protected = false
  }

  security = {
    detectors     = ["access-analyzer", "cloudtrail", "config", "guardduty"]
    rotation_days = 90
  }

  observability = {
    alert_emails       = ["platform@millrace.example"]
    trace_sample_rate  = 0.2
    monthly_budget_usd = 2000
  }

  delivery = {
    github_repository = "millrace/millrace"
    repository        = "https://git.millrace.example/millrace/millrace.git"
    revision          = "main"
    previous          = { account = "111122223333", environment = "dev" }
    next              = { account = "777788889999", environment = "prod" }
  }
}
