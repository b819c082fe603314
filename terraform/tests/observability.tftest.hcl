variables {
  catalog = {
    environment        = "dev"
    cluster            = "dev-millrace"
    account            = "111122223333"
    region             = "us-east-1"
    domain             = "dev.millrace.example"
    log_retention_days = 14
    services = {
      order = {
        namespace = "order"
        owner     = "checkout"
        database  = { name = "order", user = "order" }
        mail_from = null
        workloads = { api = { replicas = 2, routes = ["/api/orders/*"] }, worker = { replicas = 1, routes = [] } }
      }
      dashboard = {
        namespace = "dashboard"
        owner     = "insight"
        database  = null
        mail_from = null
        workloads = { api = { replicas = 1, routes = ["/*"] } }
      }
      notification = {
        namespace = "notification"
        owner     = "accounts"
        database  = { name = "notification", user = "notification" }
        mail_from = "no-reply@dev.millrace.example"
        workloads = { worker = { replicas = 1, routes = [] } }
      }
    }
    subscriptions = {
      order-PaymentProcessed = {
        consumer          = "order"
        queue             = "dev-millrace-order-PaymentProcessed"
        dead_letter_queue = "dev-millrace-order-PaymentProcessed-dlq"
      }
    }
  }
  logs_key_arn            = "arn:aws:kms:us-east-1:111122223333:key/logs"
  alerts_key_arn          = "arn:aws:kms:us-east-1:111122223333:key/alerts"
  alert_emails            = ["platform@millrace.example"]
  control_plane_log_group = "/aws/eks/dev-millrace/cluster"
  zone_id                 = "Z0123456789"
  aurora_cluster_id       = "dev-millrace"
  aurora_max_connections  = 200
  redshift_workgroup      = "dev-millrace"
  redshift_max_capacity   = 8
  cache_replication_group = "dev-millrace"
  cache_node_count        = 2
  trace_sample_rate       = 0.05
  budgets                 = { monthly_usd = 1200 }
}

run "each_namespace_has_a_log_group" {
  command = plan
  module { source = "./modules/observability" }

  assert {
    condition = tomap(output.log_group_names) == tomap({
      "(rest)"      = "/millrace/dev"
      argo-rollouts = "/millrace/dev/argo-rollouts"
      argocd        = "/millrace/dev/argocd"
      dashboard     = "/millrace/dev/dashboard"
      keda          = "/millrace/dev/keda"
      kube-system   = "/millrace/dev/kube-system"
      notification  = "/millrace/dev/notification"
      opentelemetry = "/millrace/dev/opentelemetry"
      order         = "/millrace/dev/order"
    })
    error_message = "A group for each namespace, and one for the rest."
  }
  assert {
    condition = alltrue([
      for group in concat(values(aws_cloudwatch_log_group.namespace), [aws_cloudwatch_log_group.prometheus]) :
      group.kms_key_id == var.logs_key_arn && group.retention_in_days == 14
    ])
    error_message = "Logs lie under their key for as long as the catalog says."
  }
}

run "each_service_is_watched" {
  command = plan
  module { source = "./modules/observability" }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.error_logs)) == toset(keys(var.catalog.services))
    error_message = "A service has no alarm on its errors."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.error_logs["order"].metric_name == "order-errors" && aws_cloudwatch_metric_alarm.error_logs["order"].namespace == "Millrace/dev"
    error_message = "The alarm looks at the metric of the filter."
  }
  assert {
    condition     = aws_cloudwatch_log_metric_filter.service["order-errors"].pattern == "{ ($.level = \"error\") || ($.level = \"fatal\") }" && aws_cloudwatch_log_metric_filter.service["order-errors"].log_group_name == "/millrace/dev/order"
    error_message = "Errors are counted by the level of the service's own log."
  }
  assert {
    condition     = alltrue([for filter in aws_cloudwatch_log_metric_filter.cluster : filter.log_group_name == var.control_plane_log_group])
    error_message = "The cluster's refusals are in the control plane's log."
  }
  assert {
    condition     = output.inventory["alarms"] == 3 + 2 + 9 + 2 * 4 && output.inventory["dashboards"] == 4
    error_message = "An alarm for each service, two for the cluster, nine for stores, mail and Prometheus, four for each node of the cache; a dashboard for each service and one for all."
  }
}

run "rules_follow_what_a_service_does" {
  command = plan
  module { source = "./modules/observability" }

  assert {
    condition = {
      for name, rules in aws_prometheus_rule_group_namespace.service : name => [for rule in yamldecode(rules.data).groups[0].rules : rule.alert]
      } == {
      dashboard    = ["Silent", "Failing", "Slow", "Refusing"]
      notification = ["Silent", "OutboxParked", "OutboxLate"]
      order        = ["Silent", "Failing", "Slow", "Refusing", "OutboxParked", "OutboxLate"]
    }
    error_message = "Services with routes are judged by their requests, those with a database by their outbox."
  }
  assert {
    condition     = yamldecode(aws_prometheus_rule_group_namespace.service["order"].data).groups[0].rules[1].expr == "(sum(increase(http_requests_total{namespace=\"order\",status=~\"5..\"}[5m])) / sum(increase(http_requests_total{namespace=\"order\",status=~\".*\"}[5m])) > 0.01) and sum(increase(http_requests_total{namespace=\"order\",status=~\".*\"}[5m])) >= 100"
    error_message = "The share of failed requests is not what it was."
  }
  assert {
    condition     = yamldecode(aws_prometheus_rule_group_namespace.service["order"].data).groups[0].rules[0].labels == { service = "order", owner = "checkout", environment = "dev" }
    error_message = "An alert says whose it is."
  }
  assert {
    condition     = yamldecode(yamldecode(aws_prometheus_alert_manager_definition.this.definition).alertmanager_config).receivers[0].sns_configs[0].topic_arn == "arn:aws:sns:us-east-1:111122223333:dev-millrace-alerts"
    error_message = "Prometheus sends to the alerts' topic."
  }
}

run "only_services_of_this_account_alert" {
  command = plan
  module { source = "./modules/observability" }

  assert {
    condition     = aws_sns_topic.alerts.kms_master_key_id == var.alerts_key_arn && keys(aws_sns_topic_subscription.alerts) == ["platform@millrace.example"]
    error_message = "The topic is encrypted and somebody listens."
  }
  assert {
    condition = toset([
      for s in jsondecode(aws_sns_topic_policy.alerts.policy).Statement : s.Principal.Service if s.Effect == "Allow" && s.Action == "sns:Publish"
    ]) == toset(["cloudwatch.amazonaws.com", "events.amazonaws.com", "events.rds.amazonaws.com", "budgets.amazonaws.com", "aps.amazonaws.com"])
    error_message = "Alarms, rules, the database, budgets and Prometheus publish; nobody else."
  }
  assert {
    condition = alltrue([
      for s in jsondecode(aws_sns_topic_policy.alerts.policy).Statement :
      s.Condition.StringEquals["aws:SourceAccount"] == "111122223333" && strcontains(s.Condition.ArnLike["aws:SourceArn"], ":111122223333:")
      if s.Effect == "Allow" && s.Sid != "AlertEvents"
    ])
    error_message = "Services of AWS publish for this account only."
  }
  assert {
    condition     = alltrue([for s in jsondecode(aws_sns_topic_policy.alerts.policy).Statement : !can(s.Condition) if s.Sid == "AlertEvents"])
    error_message = "EventBridge meets no condition in the policy of a topic; with one, every event would be lost."
  }
}

run "telemetry_is_encrypted" {
  command = plan
  module { source = "./modules/observability" }

  assert {
    condition     = aws_prometheus_workspace.this.kms_key_arn == var.logs_key_arn && aws_xray_encryption_config.this.key_id == var.logs_key_arn && aws_xray_encryption_config.this.type == "KMS"
    error_message = "Metrics and traces lie under the key of the logs."
  }
  assert {
    condition     = aws_xray_sampling_rule.this.fixed_rate == 0.05
    error_message = "The rate of traces is the environment's."
  }
}

run "stores_are_watched_by_name" {
  command = plan
  module { source = "./modules/observability" }

  assert {
    condition     = aws_cloudwatch_metric_alarm.store["aurora-connections"].threshold == 160 && aws_cloudwatch_metric_alarm.store["aurora-connections"].dimensions == tomap({ DBClusterIdentifier = "dev-millrace" })
    error_message = "Aurora warns at four fifths of its connections."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.store["cache-dev-millrace-002-memory"].dimensions == tomap({ CacheClusterId = "dev-millrace-002" })
    error_message = "Each node of the cache is watched."
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.store : startswith(alarm.alarm_name, "dev-millrace-")])
    error_message = "Names begin with the cluster's."
  }
}

run "dashboards_are_made_from_the_catalog" {
  command = plan
  module { source = "./modules/observability" }

  assert {
    condition     = [for widget in jsondecode(aws_cloudwatch_dashboard.service["order"].dashboard_body).widgets : widget.type] == ["text", "metric", "log", "metric", "metric"]
    error_message = "A service with queues shows them."
  }
  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.service["dashboard"].dashboard_body).widgets) == 3
    error_message = "A service without queues has no empty graph, which CloudWatch would refuse."
  }
  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.overview.dashboard_body).widgets) == 9
    error_message = "The overview has the alarms and eight graphs."
  }
}

run "mail_proves_whose_it_is" {
  command = plan
  module { source = "./modules/observability" }

  assert {
    condition     = length(aws_route53_record.dkim) == 3 && aws_route53_record.mail["mx"].name == "mail.dev.millrace.example" && strcontains(one(aws_route53_record.mail["dmarc"].records), "p=quarantine")
    error_message = "DKIM, MAIL FROM and DMARC stand in the zone."
  }
  assert {
    condition     = aws_sesv2_configuration_set.this.delivery_options[0].tls_policy == "REQUIRE" && aws_sesv2_email_identity.domain.configuration_set_name == "dev-millrace"
    error_message = "Mail leaves encrypted, by the set of the domain."
  }
}

run "grafana_reads" {
  command = plan
  module { source = "./modules/observability" }

  assert {
    condition     = aws_grafana_workspace.this.permission_type == "CUSTOMER_MANAGED" && aws_grafana_workspace.this.authentication_providers == tolist(["AWS_SSO"])
    error_message = "Grafana has our role, and people come by single sign-on."
  }
  assert {
    condition     = jsondecode(aws_iam_role.grafana.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "111122223333"
    error_message = "Grafana of this account alone takes the role."
  }
}

run "short_logs_in_prod_are_refused" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    catalog = merge(var.catalog, { environment = "prod", log_retention_days = 30 })
  }
  expect_failures = [var.catalog]
}

run "days_that_cloudwatch_does_not_know_are_refused" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    catalog = merge(var.catalog, { log_retention_days = 10 })
  }
  expect_failures = [var.catalog]
}

run "mail_of_another_domain_is_refused" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    catalog = merge(var.catalog, { domain = "staging.millrace.example" })
  }
  expect_failures = [var.catalog]
}

run "alerts_to_nobody_are_refused" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    alert_emails = []
  }
  expect_failures = [var.alert_emails]
}

run "a_rate_that_is_no_share_is_refused" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    trace_sample_rate = 5
  }
  expect_failures = [var.trace_sample_rate]
}

run "a_limit_between_buckets_is_refused" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    objectives = { p99_seconds = 0.7 }
  }
  expect_failures = [var.objectives]
}

run "a_budget_of_nothing_is_refused" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    budgets = { monthly_usd = 0 }
  }
  expect_failures = [var.budgets]
}

run "another_log_group_is_refused" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    control_plane_log_group = "/millrace/dev"
  }
  expect_failures = [var.control_plane_log_group]
}

run "a_cache_without_replica_is_refused" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    cache_node_count = 1
  }
  expect_failures = [var.cache_node_count]
}

run "a_role_that_grafana_does_not_know_is_refused" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    grafana_groups = { OWNER = ["11111111-2222-3333-4444-555555555555"] }
  }
  expect_failures = [var.grafana_groups]
}

run "days_of_metrics_have_a_bound" {
  command = plan
  module { source = "./modules/observability" }
  variables {
    metrics_retention_days = 2000
  }
  expect_failures = [var.metrics_retention_days]
}
