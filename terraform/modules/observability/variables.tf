variable "catalog" {
  description = "What the catalog says of the services: whose they are, what runs, who writes mail, which queues they read."
  type = object({
    environment        = string
    cluster            = string
    account            = string
    region             = string
    domain             = string
    log_retention_days = number
    services = map(object({
      namespace = string
      owner     = string
      database  = optional(object({ name = string, user = string }))
      mail_from = optional(string)
      workloads = map(object({ replicas = number, routes = list(string) }))
    }))
    subscriptions = map(object({ consumer = string, queue = string, dead_letter_queue = string }))
  })

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.catalog.log_retention_days,
    )
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 or 400 days, or for some counts of years. Write one of them as logRetentionDays in catalog/environments.ts."
  }
  validation {
    condition     = var.catalog.environment != "prod" || var.catalog.log_retention_days >= 365
    error_message = "prod keeps its logs for a year at least (PCI DSS 10.5.1). Raise logRetentionDays in catalog/environments.ts."
  }
  validation {
    condition     = alltrue([for s in var.catalog.services : endswith(s.mail_from, "@${var.catalog.domain}") if s.mail_from != null])
    error_message = "A service writes mail from another domain than the environment's, which SES would refuse. Mend the domain in catalog/environments.ts."
  }
  validation {
    condition     = length(var.catalog.cluster) <= 24
    error_message = "catalog.cluster names sampling rules and groups of X-Ray, which may have 32 letters: use at most 24."
  }
}

variable "logs_key_arn" {
  description = "The key of logs, metrics and traces. CloudWatch Logs has to be allowed to use it."
  type        = string
}

variable "alerts_key_arn" {
  description = "The key of the alerts' topic, which CloudWatch, EventBridge, Budgets and Prometheus have to be allowed to use."
  type        = string
}

variable "alert_emails" {
  description = "Who is alerted by mail. Each confirms once, by the link that SNS sends."
  type        = set(string)

  validation {
    condition     = length(var.alert_emails) >= 1
    error_message = "Alerts reach nobody. Write at least one address in alert_emails."
  }
  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "alert_emails has something that is no e-mail address."
  }
}

variable "control_plane_log_group" {
  description = "The log group of EKS's control plane, whose audit log shows failed sign-ins and what admission refused."
  type        = string

  validation {
    condition     = can(regex("^/aws/eks/.+/cluster$", var.control_plane_log_group))
    error_message = "EKS writes its control plane's logs to /aws/eks/<cluster>/cluster. Pass the name of that group."
  }
}

variable "zone_id" {
  description = "The hosted zone of the domain, for the records that prove to mail servers that SES may send for it."
  type        = string
}

variable "aurora_cluster_id" {
  description = "The identifier of the Aurora cluster."
  type        = string
}

variable "aurora_max_connections" {
  description = "max_connections of the Aurora cluster."
  type        = number
}

variable "redshift_workgroup" {
  description = "The name of the Redshift workgroup."
  type        = string
}

variable "redshift_max_capacity" {
  description = "The most RPUs that the workgroup takes."
  type        = number
}

variable "cache_replication_group" {
  description = "The id of the ElastiCache replication group, with cluster mode off."
  type        = string
}

variable "cache_node_count" {
  description = "How many nodes the replication group has: the primary and its replicas."
  type        = number

  validation {
    condition     = var.cache_node_count >= 2 && var.cache_node_count <= 6
    error_message = "A replication group has a primary and 1 to 5 replicas: 2 to 6 nodes."
  }
}

variable "trace_sample_rate" {
  description = "Which share of requests X-Ray tells its clients to record, beyond the first in each second."
  type        = number

  validation {
    condition     = var.trace_sample_rate >= 0 && var.trace_sample_rate <= 1
    error_message = "trace_sample_rate is a share between 0 and 1, such as 0.05."
  }
}

variable "budgets" {
  description = "What the account may cost."
  type        = object({ monthly_usd = number })

  validation {
    condition     = var.budgets.monthly_usd > 0
    error_message = "budgets.monthly_usd has to be more than nothing: see make cost for an estimate."
  }
}

variable "objectives" {
  description = "From where on a service is too slow, fails too often, is attacked, or publishes late. Ratios count from least_requests in five minutes on."
  type = object({
    p99_seconds            = optional(number, 1)
    error_share            = optional(number, 0.01)
    refused_share          = optional(number, 0.25)
    least_requests         = optional(number, 100)
    outbox_lag_seconds     = optional(number, 60)
    error_logs             = optional(number, 5)
    auth_failures          = optional(number, 50)
    cluster_policy_denials = optional(number, 0)
  })
  default = {}

  validation {
    condition     = contains([0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5], var.objectives.p99_seconds)
    error_message = "objectives.p99_seconds has to be a bound of a bucket of http_request_duration_seconds (runtime/telemetry.ts): between bounds Prometheus guesses."
  }
  validation {
    condition     = alltrue([for share in [var.objectives.error_share, var.objectives.refused_share] : share > 0 && share < 1])
    error_message = "error_share and refused_share are shares between 0 and 1, such as 0.01."
  }
}

variable "metrics_retention_days" {
  description = "How long Prometheus keeps metrics."
  type        = number
  default     = 150

  validation {
    condition     = var.metrics_retention_days >= 1 && var.metrics_retention_days <= 1095
    error_message = "Amazon Managed Service for Prometheus keeps metrics for 1 to 1,095 days."
  }
}

variable "grafana_version" {
  description = "The version of Grafana. AWS upgrades by hand only, and never back."
  type        = string
  default     = "10.4"
}

variable "grafana_groups" {
  description = "Groups of IAM Identity Center (their ids) by what they may in Grafana: ADMIN, EDITOR or VIEWER."
  type        = map(set(string))
  default     = {}

  validation {
    condition     = alltrue([for role, groups in var.grafana_groups : contains(["ADMIN", "EDITOR", "VIEWER"], role) && length(groups) >= 1])
    error_message = "The roles of Grafana are ADMIN, EDITOR and VIEWER, each with one group at least."
  }
}
