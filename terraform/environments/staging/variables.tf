variable "catalog" {
  description = "What the catalog asks of this environment: catalog.auto.tfvars.json, written by node catalog/outputs.ts."
  type = object({
    environment        = string
    account            = string
    region             = string
    domain             = string
    zone_count         = number
    log_retention_days = number
    inbox_days         = number
    cluster            = string
    bus                = object({ name = string, arn = string, archive = string, archive_retention_days = number })
    placeholders       = object({ aurora = string, warehouse = string, metrics = string })
    notices            = object({ queue = string, queue_key = string, topic = string })
    services = map(object({
      owner           = string
      namespace       = string
      service_account = string
      repository      = string
      role            = string
      database        = optional(object({ name = string, user = string }))
      cache_user      = optional(string)
      uses_warehouse  = bool
      mail_from       = optional(string)
      calls           = list(string)
      secrets         = map(object({ name = string, key = string }))
      routes          = list(string)
      workloads = map(object({
        replicas     = number
        max_replicas = number
        is_singleton = bool
        routes       = list(string)
      }))
    }))
    publishers = map(object({ role_arn = string, sources = list(string), events = list(string) }))
    subscriptions = map(object({
      consumer                      = string
      event                         = string
      events                        = list(string)
      workload                      = string
      bus                           = string
      rule                          = string
      pattern                       = string
      queue                         = string
      queue_arn                     = string
      queue_key                     = string
      dead_letter_queue             = string
      dead_letter_queue_arn         = string
      visibility_seconds            = number
      max_receives                  = number
      queue_retention_seconds       = number
      dead_letter_retention_seconds = number
    }))
    buckets = map(object({
      name         = string
      arn          = string
      key          = string
      writer       = optional(string)
      readers      = list(string)
      sends_events = bool
    }))
    keys = list(string)
    roles = map(object({
      arn             = string
      owner           = string
      namespace       = string
      service_account = string
      subject         = string
      audience        = string
      grants = list(object({
        sid        = string
        actions    = list(string)
        resources  = list(string)
        conditions = list(object({ test = string, variable = string, values = list(string) }))
        wildcard   = optional(string)
      }))
    }))
    add_ons = map(string)
    fargate_profiles = map(object({
      selectors = list(object({ namespace = string, labels = map(string) }))
      zones     = list(string)
    }))
  })
}

variable "is_serving" {
  description = "Has Argo CD made the load balancer? false only at the first bootstrap, until it has."
  type        = bool
  default     = true
}
