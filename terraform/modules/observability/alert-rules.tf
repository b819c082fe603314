# Rules on the metrics of runtime/telemetry.ts and runtime/messaging-metrics.ts; the collector adds the label "namespace".
locals {
  window = "5m"

  # How many requests a service answered in the window: all, those that failed by a fault of ours, those that it refused.
  requests = {
    for name, s in var.catalog.services : name => {
      for kind, status in { all = ".*", failed = "5..", refused = "401|403" } :
      kind => "sum(increase(http_requests_total{namespace=\"${s.namespace}\",status=~\"${status}\"}[${local.window}]))"
    }
  }

  # Who serves HTTP to the world, and who has an outbox.
  has_routes = { for name, s in var.catalog.services : name => anytrue([for w in s.workloads : length(w.routes) > 0]) }
  has_outbox = { for name, s in var.catalog.services : name => s.database != null }

  alert_rules = {
    for name, s in var.catalog.services : name => [
      for rule in [
        {
          applies = true
          alert   = "Silent"
          wait    = "10m"
          expr    = "absent(up{namespace=\"${s.namespace}\"} == 1)"
          says    = "No pod of ${name} answers the collector: the service is down, or the collector is."
        },
        {
          applies = local.has_routes[name]
          alert   = "Failing"
          wait    = "5m"
          expr    = "(${local.requests[name].failed} / ${local.requests[name].all} > ${var.objectives.error_share}) and ${local.requests[name].all} >= ${var.objectives.least_requests}"
          says    = "More than ${format("%.1f", var.objectives.error_share * 100)} percent of the requests to ${name} end in a fault of ours."
        },
        {
          applies = local.has_routes[name]
          alert   = "Slow"
          wait    = "5m"
          expr    = "(histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{namespace=\"${s.namespace}\"}[${local.window}]))) > ${var.objectives.p99_seconds}) and ${local.requests[name].all} >= ${var.objectives.least_requests}"
          says    = "One request in a hundred to ${name} takes more than ${var.objectives.p99_seconds} s."
        },
        {
          applies = local.has_routes[name]
          alert   = "Refusing"
          wait    = "5m"
          expr    = "(${local.requests[name].refused} / ${local.requests[name].all} > ${var.objectives.refused_share}) and ${local.requests[name].all} >= ${var.objectives.least_requests}"
          says    = "${name} refuses many requests for want of a valid token or of a right: somebody tries, or sign-in is broken."
        },
        {
          applies = local.has_outbox[name]
          alert   = "OutboxParked"
          wait    = "0s"
          expr    = "max(outbox_parked{namespace=\"${s.namespace}\"}) > 0"
          says    = "The bus refused an event of ${name} for good; later ones of its aggregate wait behind it."
        },
        {
          applies = local.has_outbox[name]
          alert   = "OutboxLate"
          wait    = "5m"
          expr    = "max(outbox_lag_seconds{namespace=\"${s.namespace}\"}) > ${var.objectives.outbox_lag_seconds}"
          says    = "Events of ${name} wait for more than ${var.objectives.outbox_lag_seconds} s to be published: its relay is down, or the bus is."
        },
        ] : {
        alert       = rule.alert
        expr        = rule.expr
        "for"       = rule.wait
        labels      = { service = name, owner = s.owner, environment = var.catalog.environment }
        annotations = { summary = rule.says }
      } if rule.applies
    ]
  }
}
