variable "catalog" {
  description = "What the catalog asks of this environment; the module reads these of it."
  type = object({
    environment = string
    cluster     = string
    region      = string
    account     = string
    domain      = string
    buckets = map(object({
      name         = string
      arn          = string
      key          = string
      sends_events = bool
    }))
  })

  validation {
    condition     = contains(keys(var.catalog.buckets), "products")
    error_message = "The catalog has no bucket \"products\", which CloudFront shows: give product a bucket of that name in catalog/services.ts, or take images.tf out."
  }

  validation {
    condition     = length(setintersection(keys(var.catalog.buckets), ["documents", "lake", "logs"])) == 0
    error_message = "The buckets documents, lake and logs are this module's own: give the service's bucket another name in catalog/services.ts."
  }
}

variable "key_arns" {
  description = "Keys by alias (alias/…); each bucket of the catalog is encrypted with the one that the catalog names."
  type        = map(string)

  validation {
    condition     = alltrue([for bucket in values(var.catalog.buckets) : contains(keys(var.key_arns), bucket.key)])
    error_message = "A bucket of the catalog names a key that is not in key_arns: pass key_arns of the module security as it is."
  }
}

variable "documents_key_arn" {
  description = "Key of the order documents."
  type        = string
}

variable "lake_key_arn" {
  description = "Key of the analytics lake, and of what Athena answers."
  type        = string
}

variable "efs_key_arn" {
  description = "Key of the file system with shared configuration."
  type        = string
}

variable "zones" {
  description = "By letter, the subnet in which pods reach the file system."
  type        = map(object({ app_subnet_id = string }))
}

variable "vpc_id" {
  description = "VPC of the file system's security group."
  type        = string
}

variable "cluster_security_group_id" {
  description = "Security group of the cluster: pods without one of their own mount with it."
  type        = string
}

variable "service_security_group_ids" {
  description = "By service, the security group of its pods."
  type        = map(string)
}

variable "certificate_arn" {
  description = "ACM certificate in us-east-1, where CloudFront looks for it; it has to name images.<domain>."
  type        = string

  validation {
    condition     = startswith(var.certificate_arn, "arn:") && strcontains(var.certificate_arn, ":acm:us-east-1:")
    error_message = "CloudFront takes certificates of us-east-1 only: pass the ARN of an ACM certificate there."
  }
}

variable "zone_id" {
  description = "Route 53 zone of the domain."
  type        = string
}

variable "object_lock_mode" {
  description = "COMPLIANCE: nobody, not even the account's root, deletes a document before its time. GOVERNANCE: a few with a right of their own may."
  type        = string

  validation {
    condition     = contains(["COMPLIANCE", "GOVERNANCE"], var.object_lock_mode)
    error_message = "S3 knows the modes COMPLIANCE and GOVERNANCE: write one of them in documents.lock_mode."
  }

  validation {
    condition     = var.catalog.environment != "prod" || var.object_lock_mode == "COMPLIANCE"
    error_message = "The documents of prod are kept by law: set documents.lock_mode to COMPLIANCE in environments/prod."
  }
}

variable "object_lock_years" {
  description = "How long an order document may not be deleted."
  type        = number
  default     = 7

  validation {
    condition     = var.object_lock_years >= 1 && var.object_lock_years <= 10 && floor(var.object_lock_years) == var.object_lock_years
    error_message = "Documents are locked for whole years from 1 to 10: correct documents.lock_years. A lock of COMPLIANCE cannot be shortened later."
  }

  validation {
    condition     = var.catalog.environment != "prod" || var.object_lock_years >= 7
    error_message = "The documents of prod are kept for 7 years at least: set documents.lock_years to 7 or more in environments/prod."
  }
}

variable "log_days" {
  description = "Days for which the log bucket keeps the trail, the configuration history and CloudFront's log; access logs, which hold addresses of people, go after 7."
  type        = number

  validation {
    condition     = var.log_days >= 30 && var.log_days <= 3653
    error_message = "Logs are kept for 30 to 3653 days: correct log_days."
  }

  validation {
    condition     = var.catalog.environment != "prod" || var.log_days >= 365
    error_message = "The trail of prod is kept for a year at least (PCI DSS 10.5.1): set log_days to 365 or more in environments/prod."
  }
}

variable "query_limit_gib" {
  description = "What one query of Athena may read; it is stopped there. A TiB costs about 5 USD."
  type        = number
  default     = 20

  validation {
    condition     = var.query_limit_gib >= 1 && var.query_limit_gib <= 1024
    error_message = "A query may read 1 to 1024 GiB: correct query_limit_gib."
  }
}
