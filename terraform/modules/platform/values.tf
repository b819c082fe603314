# How big an environment is, and what differs between environments. Their main.tf gives the values.

variable "account" {
  description = "The account that the environment's folder is meant for, 12 digits."
  type        = string

  validation {
    condition     = can(regex("^\\d{12}$", var.account))
    error_message = "An AWS account has 12 digits. Write the account of this environment."
  }
}

variable "network" {
  description = "The VPC's address range, and the zones (letters) that have a NAT gateway of their own; the others use the first one's."
  type = object({
    vpc_cidr  = string
    nat_zones = set(string)
  })
}

variable "eks" {
  description = "Version of Kubernetes; who may come in from outside (none: the endpoint is private); roles that administrate, look, or break the glass; the account's quota of Fargate profiles; whether the cluster may be deleted."
  type = object({
    version             = string
    public_access_cidrs = optional(set(string), [])
    administrators      = optional(map(string), {})
    viewers             = optional(map(string), {})
    break_glass         = optional(map(string), {})
    retiring_profiles   = optional(map(object({ selectors = list(object({ namespace = string, labels = map(string) })), zones = list(string) })), {})
    profile_quota       = optional(number, 10)
    is_protected        = bool
  })
}

variable "aurora" {
  description = "Capacity in ACU, connections, days of backups, and whether the cluster may be deleted."
  type = object({
    capacity        = object({ min = number, max = number })
    max_connections = number
    engine_version  = string
    backup_days     = number
    is_protected    = bool
  })
}

variable "redshift" {
  description = "Capacity in RPU, and how many RPU hours a month may use."
  type = object({
    base_capacity         = number
    max_capacity          = number
    usage_limit_rpu_hours = number
  })
}

variable "cache" {
  description = "Node type of ElastiCache, replicas beside the primary, and the version of Valkey."
  type = object({
    node_type      = string
    replicas       = number
    engine_version = string
  })
}

variable "bus_encryption" {
  description = "Whose key encrypts events on the bus: `aws` (there is an archive) or `customer` (there is none: EventBridge archives no bus with a customer's key)."
  type        = string
}

variable "edge" {
  description = "Requests of one address in 5 minutes before it is refused; false only until Argo CD has made the load balancer."
  type = object({
    web_requests_per_5_minutes = number
    is_serving                 = bool
  })
}

variable "log_days" {
  description = "How many days the log bucket keeps the trail and the history of the configuration."
  type        = number
}

variable "documents" {
  description = "How long an order document cannot be deleted, and whether anybody may lift that: COMPLIANCE (nobody) or GOVERNANCE."
  type = object({
    lock_years = number
    lock_mode  = string
  })
}

variable "identity" {
  description = "Whether everybody needs a second factor (ON, OPTIONAL), whether the pool may be deleted, and the social providers that people may log in with."
  type = object({
    mfa          = string
    is_protected = bool
    social_providers = optional(map(object({
      client_id  = string
      secret_arn = string
    })), {})
  })
}

variable "security" {
  description = "Which of AWS's detectors watch, and after how many days a secret is replaced."
  type = object({
    detectors     = set(string)
    rotation_days = number
  })
}

variable "observability" {
  description = "Who gets alerts, which share of requests is traced (0 to 1), and the month's budget in USD."
  type = object({
    alert_emails       = set(string)
    trace_sample_rate  = number
    monthly_budget_usd = number
  })
}

variable "delivery" {
  description = "The repository on GitHub (owner/name), what Argo CD watches, when it may change something, the environment that images come from, and the account of the one that they go to."
  type = object({
    github_repository = string
    repository        = string
    revision          = string
    release_windows   = optional(list(object({ schedule = string, duration = string, timeZone = string })), [])
    signature_keys    = optional(map(string), {})
    repository_secret = optional(object({ arn = string, key_arn = string }))
    previous          = optional(object({ account = string, environment = string }))
    next              = optional(object({ account = string, environment = string }))
  })
}

variable "functions_folder" {
  description = "Where the zips of the Lambda functions are: terraform/functions/dist, made by make functions."
  type        = string
}
