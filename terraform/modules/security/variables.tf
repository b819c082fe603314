variable "catalog" {
  description = "What this module reads of the catalog's inputs."
  type = object({
    environment        = string
    account            = string
    region             = string
    cluster            = string
    log_retention_days = number
    keys               = set(string)
    services = map(object({
      repository = string
      secrets    = map(object({ name = string, key = string }))
    }))
  })

  validation {
    condition = alltrue([
      for alias in var.catalog.keys :
      can(regex("^alias/${var.catalog.cluster}-(bucket-[a-z-]+|queues-[a-z-]+|releases|secrets)$", alias))
    ])
    error_message = "The catalog names a key whose users are not known here. Say in key-uses.tf which AWS services use it, then name its kind in this condition."
  }

  validation {
    condition = alltrue(flatten([
      for service in values(var.catalog.services) : [
        for secret in values(service.secrets) : contains(var.catalog.keys, secret.key)
      ]
    ]))
    error_message = "A secret of the catalog names a key that the catalog's keys lack. Run \"make synth\" and commit what it wrote."
  }
}

variable "logs_bucket" {
  description = "The bucket of CloudTrail's and Config's files. Its policy must let both write before this module starts them."
  type        = object({ name = string, arn = string, domain_name = string })
}

variable "alerts_topic_arn" {
  description = "The SNS topic that tells people; EventBridge and CloudWatch may publish to it."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.alerts_topic_arn))
    error_message = "alerts_topic_arn is not the ARN of an SNS topic: pass the output of the module observability."
  }
}

variable "next_release_role_arn" {
  description = "The role that copies this environment's images to the next one; null where none follows."
  type        = string

  validation {
    condition     = var.next_release_role_arn == null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/.+$", var.next_release_role_arn))
    error_message = "next_release_role_arn is not the ARN of a role: write the release role of the next environment, or null."
  }
}

variable "rotation_zip" {
  description = "The path of the rotation function's zip."
  type        = string

  validation {
    condition     = fileexists(var.rotation_zip)
    error_message = "The zip of the rotation function is missing: run \"node terraform/functions/pack.ts\"."
  }
}

variable "rotation_days" {
  description = "After how many days a secret gets a new value."
  type        = number

  validation {
    condition     = var.rotation_days >= 1 && var.rotation_days <= 90 && floor(var.rotation_days) == var.rotation_days
    error_message = "Secrets live 90 days at most: write rotation_days from 1 to 90."
  }
}

variable "detectors" {
  description = "Which of AWS's watchers run in this account. Each is one for an account and region, so they belong to one environment of it."
  type        = set(string)

  validation {
    condition     = length(setsubtract(var.detectors, local.known_detectors)) == 0
    error_message = "There are these detectors: access-analyzer, cloudtrail, config, guardduty, securityhub."
  }

  validation {
    condition     = var.catalog.environment != "prod" || length(setsubtract(local.known_detectors, var.detectors)) == 0
    error_message = "prod runs all detectors: name access-analyzer, cloudtrail, config, guardduty and securityhub."
  }

  validation {
    condition     = !contains(var.detectors, "securityhub") || contains(var.detectors, "config")
    error_message = "Security Hub judges what Config records: name config too, or leave securityhub out."
  }
}
