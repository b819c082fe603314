# The values of dev. What they mean stands in modules/platform/values.tf.
module "platform" {
  source = "../../modules/platform"

  catalog          = var.catalog
  account          = "111122223333"
  functions_folder = "${path.root}/../../functions/dist"

  network = {
    vpc_cidr  = "10.0.0.0/16"
    nat_zones = ["a"]
  }

  eks = {
    version        = "1.35"
    administrators = { platform = "arn:aws:iam::111122223333:role/platform-engineers" }
    is_protected   = false
  }

  aurora = {
    capacity        = { min = 1, max = 2 }
    max_connections = 1000
    engine_version  = "17.6"
    backup_days     = 35
    is_protected    = false
  }

  redshift = {
    base_capacity         = 4
    max_capacity          = 8
    usage_limit_rpu_hours = 30
  }

  cache = {
    node_type      = "cache.t4g.micro"
    replicas       = 1
    engine_version = "8.1"
  }

  bus_encryption = "customer"

  edge = {
    web_requests_per_5_minutes = 5000
    is_serving                 = var.is_serving
  }

  log_days = 90

  documents = {
    lock_years = 1
    lock_mode  = "GOVERNANCE"
  }

  identity = {
    mfa          = "OPTIONAL"
    is_protected = false
  }

  security = {
    detectors     = ["access-analyzer", "cloudtrail"]
    rotation_days = 90
  }

  observability = {
    alert_emails       = ["platform@millrace.example"]
    trace_sample_rate  = 1
    monthly_budget_usd = 1500
  }

  delivery = {
    github_repository = "millrace/millrace"
    repository        = "https://git.millrace.example/millrace/millrace.git"
    revision          = "main"
    next              = { account = "444455556666", environment = "staging" }
  }
}
