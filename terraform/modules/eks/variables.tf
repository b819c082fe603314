variable "catalog" {
  description = "What the catalog says of this environment, as far as the cluster needs it."
  nullable    = false
  type = object({
    environment = string
    cluster     = string
    region      = string
    account     = string
    services    = map(object({ namespace = string }))
    fargate_profiles = map(object({
      selectors = list(object({
        namespace = string
        labels    = map(string)
      }))
      zones = list(string)
    }))
  })

  validation {
    condition = alltrue([
      for profile in values(var.catalog.fargate_profiles) :
      length(profile.selectors) >= 1 && length(profile.selectors) <= 5 &&
      alltrue([for selector in profile.selectors : length(selector.labels) <= 5])
    ])
    error_message = "A Fargate profile has no selector, or more than 5, or a selector with more than 5 labels: EKS takes 1 to 5. Split the profile in catalog/profiles.ts."
  }

  validation {
    condition = anytrue([
      for profile in values(var.catalog.fargate_profiles) :
      anytrue([for selector in profile.selectors : selector.namespace == "kube-system" && length(selector.labels) == 0])
    ])
    error_message = "No Fargate profile takes kube-system, so CoreDNS would stay Pending and no name would resolve. Add the namespace to platformNamespaces in catalog/profiles.ts."
  }
}

variable "cluster_version" {
  description = "The version of Kubernetes. Raise it by one minor version at a time: EKS neither jumps nor goes back."
  type        = string
  default     = "1.35"
  nullable    = false

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.cluster_version))
    error_message = "Write the version as major and minor, such as 1.35; EKS chooses the patch."
  }
}

variable "zones" {
  description = "The zones by letter, each with its application subnet; pods and the control plane's interfaces are there."
  type        = map(object({ app_subnet_id = string }))
  nullable    = false

  validation {
    condition     = length(var.zones) >= 2
    error_message = "EKS wants subnets in two zones at least. Raise zoneCount in catalog/environments.ts."
  }

  validation {
    condition = alltrue(flatten([
      for profile in values(var.catalog.fargate_profiles) : [for zone in profile.zones : contains(keys(var.zones), zone)]
    ]))
    error_message = "A Fargate profile names a zone that the network has not. Both come from zoneCount in catalog/environments.ts: run make synth."
  }
}

variable "key_arn" {
  description = "The KMS key by which the cluster encrypts what it stores."
  type        = string
  nullable    = false
}

variable "logs_key_arn" {
  description = "The KMS key of log groups."
  type        = string
  nullable    = false
}

variable "alerts_key_arn" {
  description = "The KMS key of alerts; EventBridge may use it, so the dead-letter queue of the alert has it too."
  type        = string
  nullable    = false
}

variable "alerts_topic_arn" {
  description = "The topic that tells people."
  type        = string
  nullable    = false
}

variable "log_retention_days" {
  description = "How long the logs of the control plane are kept."
  type        = number
  nullable    = false

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days
    )
    error_message = "CloudWatch Logs keeps logs for certain numbers of days only, such as 14, 30, 90, 365 or 731. Choose one of them."
  }
}

variable "public_access_cidrs" {
  description = "From where the API server may be reached over the Internet. Nowhere unless said: it is then reached inside of the VPC only."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for cidr in var.public_access_cidrs : can(cidrhost(cidr, 0)) && can(regex("/(1[6-9]|2[0-9]|3[0-2])$", cidr))])
    error_message = "A network is no CIDR block, or wider than /16. Name the addresses of an office or a VPN, such as 192.0.2.0/28."
  }
}

variable "administrators" {
  description = "Who may do all in the cluster: ARNs of IAM roles (of IAM Identity Center, not of persons) by a name. What Git applies they cannot change: see break_glass."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "viewers" {
  description = "Who may look at the cluster's objects, Secrets excepted: ARNs of IAM roles by a name."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "break_glass" {
  description = "Who is in the group millrace:break-glass, which the cluster's admission policies let through: ARNs of IAM roles by a name. Empty until it is needed."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = length(distinct(concat(values(var.administrators), values(var.viewers), values(var.break_glass)))) == (
      length(var.administrators) + length(var.viewers) + length(var.break_glass)
    )
    error_message = "A role stands in two of administrators, viewers and break_glass, or twice in one. EKS has one access entry for a role: leave it in one place."
  }
}

variable "bootstrap_role_arn" {
  description = "The role by which Argo CD is put into the cluster (module delivery)."
  type        = string
  nullable    = false
}

variable "retiring_profiles" {
  description = "Fargate profiles that the catalog no longer plans, as it planned them, while pods still name them."
  type = map(object({
    selectors = list(object({
      namespace = string
      labels    = map(string)
    }))
    zones = list(string)
  }))
  default  = {}
  nullable = false
}

variable "profile_quota" {
  description = "How many Fargate profiles the account may have in a cluster (quota L-23414FF3); AWS's default is 10."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = length(merge(var.retiring_profiles, var.catalog.fargate_profiles)) <= var.profile_quota
    error_message = "The catalog and retiring_profiles have more Fargate profiles than the quota. Ask AWS for more (Service Quotas, Amazon EKS), then raise profile_quota; or plan fewer in catalog/profiles.ts."
  }
}

variable "is_protected" {
  description = "Does EKS refuse to delete the cluster?"
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.is_protected || var.catalog.environment != "prod"
    error_message = "The cluster of prod is always protected from deletion. Set eks.is_protected to true in environments/prod."
  }
}
