locals {
  ports           = { http = 8080, kubelet = 10250, dns = 53, https = 443, telemetry = 4318, database = 5432, warehouse = 5439, cache = 6379 }
  routed_services = toset([for name, service in var.catalog.services : name if length(service.routes) > 0])
  groups          = { for name, group in aws_security_group.service : name => group.id }

  # By "caller callee".
  calls = {
    for pair in flatten([
      for name, service in var.catalog.services : [for callee in service.calls : { caller = name, callee = callee }]
    ]) : "${pair.caller} ${pair.callee}" => pair
  }

  # What every service says to the platform's pods and the control plane, which have the cluster's group.
  platform_calls = {
    "dns-udp" = { protocol = "udp", port = local.ports.dns, what = "names from CoreDNS" }
    "dns-tcp" = { protocol = "tcp", port = local.ports.dns, what = "long answers from CoreDNS" }
    "api"     = { protocol = "tcp", port = local.ports.https, what = "the API server" }
    "otlp"    = { protocol = "tcp", port = local.ports.telemetry, what = "traces to the collector" }
  }
  service_platform_calls = {
    for pair in setproduct(keys(var.catalog.services), keys(local.platform_calls)) :
    "${pair[0]} ${pair[1]}" => merge({ service = pair[0], kind = pair[1] }, local.platform_calls[pair[1]])
  }

  # What the platform says to every service.
  platform_visits = {
    "http"    = { port = local.ports.http, what = "scrapes and checks" }
    "kubelet" = { port = local.ports.kubelet, what = "logs and health by the kubelet" }
  }
  service_platform_visits = {
    for pair in setproduct(keys(var.catalog.services), keys(local.platform_visits)) :
    "${pair[0]} ${pair[1]}" => merge({ service = pair[0] }, local.platform_visits[pair[1]])
  }

  # The stores' own groups admit services by name; towards them a rule by address is enough, and makes no circle of modules.
  store_calls = {
    for triple in flatten([
      for name, service in var.catalog.services : [
        for letter, zone in var.zones : [
          for store, is_used in {
            database  = service.database != null
            cache     = service.cache_user != null
            warehouse = service.uses_warehouse
          } : { service = name, store = store, zone = letter, cidr = zone.data_cidr } if is_used
        ]
      ]
    ]) : "${triple.service} ${triple.store} ${triple.zone}" => triple
  }
}

# Pods of a service have this group alone (SecurityGroupPolicy): the cluster's would let all pods talk to all.
resource "aws_security_group" "service" {
  for_each = var.catalog.services

  #checkov:skip=CKV2_AWS_5:Pods get it from a SecurityGroupPolicy of the service's namespace.
  name        = "${var.catalog.cluster}-${each.key}"
  description = "Pods of the service ${each.key}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.catalog.cluster}-${each.key}" }
}
