# The whole of an environment, with the catalog's real inputs. Nothing is applied.

variables {
  catalog          = jsondecode(file("environments/prod/catalog.auto.tfvars.json")).catalog
  functions_folder = "functions/dist"
  account          = "777788889999"
  network          = { vpc_cidr = "10.0.0.0/16", nat_zones = ["a", "b", "c"] }
  eks              = { version = "1.35", is_protected = true }
  aurora           = { capacity = { min = 1, max = 4 }, max_connections = 2000, engine_version = "17.6", backup_days = 35, is_protected = true }
  redshift         = { base_capacity = 8, max_capacity = 64, usage_limit_rpu_hours = 1500 }
  cache            = { node_type = "cache.t4g.small", replicas = 1, engine_version = "8.1" }
  bus_encryption   = "aws"
  edge             = { web_requests_per_5_minutes = 2000, is_serving = true }
  log_days         = 2557
  documents        = { lock_years = 7, lock_mode = "COMPLIANCE" }
  identity         = { mfa = "ON", is_protected = true }
  security         = { detectors = ["access-analyzer", "cloudtrail", "config", "guardduty", "securityhub"], rotation_days = 90 }
  observability    = { alert_emails = ["platform@millrace.example"], trace_sample_rate = 0.05, monthly_budget_usd = 3500 }
  delivery = {
    github_repository = "millrace/millrace"
    repository        = "https://git.millrace.example/millrace/millrace.git"
    revision          = "main"
    previous          = { account = "444455556666", environment = "staging" }
  }
}

run "the_account_of_another_environment" {
  command = plan
  module { source = "./modules/platform" }

  variables {
    account = "111122223333"
  }

  expect_failures = [terraform_data.account]
}

run "an_account_that_is_none" {
  command = plan
  module { source = "./modules/platform" }

  variables {
    account = "prod"
  }

  expect_failures = [var.account]
}

# What the module edge gives, with one part missing.
run "no_web_acl" {
  command = plan
  module { source = "./modules/platform" }

  override_module {
    target = module.edge
    outputs = {
      certificate_arn                 = "arn:aws:acm:us-east-1:777788889999:certificate/00000000-0000-4000-8000-000000000001"
      web_acl_arn                     = null
      viewers_web_acl_arn             = "arn:aws:wafv2:us-east-1:777788889999:global/webacl/prod-millrace-viewers/1"
      ssl_policy                      = "ELBSecurityPolicy-TLS13-1-2-2021-06"
      access_log_bucket               = "prod-millrace-alb-logs-777788889999"
      load_balancer_security_group_id = "sg-00000000000000001"
      service_security_group_ids = {
        analytics = "sg-00000000000000002", user = "sg-00000000000000003", product = "sg-00000000000000004", order = "sg-00000000000000005"
        payment   = "sg-00000000000000006", notification = "sg-00000000000000007", dashboard = "sg-00000000000000008"
      }
      zone_id           = "Z0000000000000000001"
      name_servers      = ["ns-1.example"]
      cloudfront_domain = "d1.cloudfront.net"
      inventory         = {}
    }
  }

  expect_failures = [output.contract]
}

run "certificate_of_another_account" {
  command = plan
  module { source = "./modules/platform" }

  override_module {
    target = module.edge
    outputs = {
      certificate_arn                 = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000001"
      web_acl_arn                     = "arn:aws:wafv2:us-east-1:777788889999:regional/webacl/prod-millrace-origin/1"
      viewers_web_acl_arn             = "arn:aws:wafv2:us-east-1:777788889999:global/webacl/prod-millrace-viewers/1"
      ssl_policy                      = "ELBSecurityPolicy-TLS13-1-2-2021-06"
      access_log_bucket               = "prod-millrace-alb-logs-777788889999"
      load_balancer_security_group_id = "sg-00000000000000001"
      service_security_group_ids = {
        analytics = "sg-00000000000000002", user = "sg-00000000000000003", product = "sg-00000000000000004", order = "sg-00000000000000005"
        payment   = "sg-00000000000000006", notification = "sg-00000000000000007", dashboard = "sg-00000000000000008"
      }
      zone_id           = "Z0000000000000000001"
      name_servers      = ["ns-1.example"]
      cloudfront_domain = "d1.cloudfront.net"
      inventory         = {}
    }
  }

  expect_failures = [output.contract]
}

run "a_public_database" {
  command = plan
  module { source = "./modules/platform" }

  override_module {
    target = module.aurora
    outputs = {
      writer            = "prod-millrace.cluster-1.us-east-1.rds.amazonaws.com"
      reader            = "prod-millrace.cluster-ro-1.us-east-1.rds.amazonaws.com"
      port              = 5432
      resource_id       = "cluster-00000000000000000000000001"
      max_connections   = 2000
      cluster_arn       = "arn:aws:rds:us-east-1:777788889999:cluster:prod-millrace"
      master_secret_arn = "arn:aws:secretsmanager:us-east-1:777788889999:secret:rds!cluster-1"
      security_group_id = "sg-00000000000000009"
      is_public         = true
      inventory         = {}
    }
  }

  expect_failures = [output.contract]
}
