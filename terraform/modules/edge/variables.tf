variable "catalog" {
  description = "What the module reads of the catalog."
  type = object({
    cluster = string
    account = string
    region  = string
    domain  = string
    services = map(object({
      calls          = list(string)
      database       = object({ name = string })
      cache_user     = string
      uses_warehouse = bool
      routes         = list(string)
    }))
  })

  validation {
    condition     = var.catalog.region == "us-east-1"
    error_message = "catalog.region is ${var.catalog.region}. CloudFront takes certificates, web ACLs and logs of us-east-1 only, and shares them with the load balancer here. Build the environment in us-east-1."
  }

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.catalog.domain))
    error_message = "catalog.domain is ${var.catalog.domain}. Write a domain in small letters without a dot at its end, such as shop.example.org."
  }

  validation {
    condition     = length(setsubtract(flatten([for service in var.catalog.services : service.calls]), keys(var.catalog.services))) == 0
    error_message = "A service calls ${join(", ", setsubtract(flatten([for service in var.catalog.services : service.calls]), keys(var.catalog.services)))}, which the catalog does not have. Name services of the catalog in calls."
  }
}

variable "vpc_id" {
  description = "The VPC of the load balancer and the pods."
  type        = string
}

variable "zones" {
  description = "By letter: the addresses of a zone's data subnet, from module network."
  type        = map(object({ data_cidr = string }))
}

variable "cluster_security_group_id" {
  description = "The cluster's own group: the control plane, CoreDNS, the collector and the add-ons."
  type        = string
}

variable "endpoints_security_group_id" {
  description = "The group of the interface endpoints."
  type        = string
}

variable "s3_prefix_list_id" {
  description = "The addresses of S3 that lead through the gateway endpoint."
  type        = string
}

variable "logs_bucket" {
  description = "The bucket that takes the access logs of other buckets."
  type        = object({ name = string })
}

variable "logs_key_arn" {
  description = "The key that encrypts log groups."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.logs_key_arn))
    error_message = "logs_key_arn is no key of KMS. Write the ARN of a key, not of an alias: CloudWatch Logs takes no alias."
  }
}

variable "log_retention_days" {
  description = "How many days logs without a visitor's address are kept."
  type        = number

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch Logs cannot keep for ${var.log_retention_days} days. Write one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "web_requests_per_5_minutes" {
  description = "How many requests one address may send in five minutes."
  type        = number

  validation {
    condition     = var.web_requests_per_5_minutes >= 100 && var.web_requests_per_5_minutes <= 100000
    error_message = "web_requests_per_5_minutes is ${var.web_requests_per_5_minutes}. Write 100 to 100000: fewer would stop a person, more would stop nobody."
  }
}

variable "body_bytes" {
  description = "How large a request's body may be; files go to S3 by themselves."
  type        = number
  default     = 65536

  validation {
    condition     = var.body_bytes >= 8192 && var.body_bytes <= 65536
    error_message = "body_bytes is ${var.body_bytes}. Write 8192 to 65536: the firewall sees no further than 64 KiB."
  }
}

variable "larger_body_paths" {
  description = "Paths whose bodies may be larger; the service holds them to its own limit."
  type        = set(string)
  default     = ["/api/analytics/import", "/api/orders"]

  validation {
    condition     = alltrue([for path in var.larger_body_paths : can(regex("^/[a-z0-9/-]+$", path))]) && length(join("|", var.larger_body_paths)) <= 500
    error_message = "larger_body_paths has an entry that is no plain path, or too many. Write whole paths of small letters, digits and dashes, such as /api/orders."
  }
}

variable "ssl_policy" {
  description = "The load balancer's TLS policy."
  type        = string
  default     = "ELBSecurityPolicy-TLS13-1-2-2021-06"

  validation {
    condition     = contains(["ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06", "ELBSecurityPolicy-TLS13-1-3-2021-06"], var.ssl_policy)
    error_message = "ssl_policy ${var.ssl_policy} is old, or unknown here. Write ELBSecurityPolicy-TLS13-1-2-2021-06, ELBSecurityPolicy-TLS13-1-2-Res-2021-06 or ELBSecurityPolicy-TLS13-1-3-2021-06."
  }
}

variable "is_serving" {
  description = "Has the cluster made the load balancer? Write false only until Argo CD has synced for the first time."
  type        = bool
  default     = true
}

variable "origin_secrets" {
  description = "Names of the secrets by which the load balancer knows CloudFront. The last is sent, all are taken: add one, apply, and take the old one away."
  type        = list(string)
  default     = ["1"]

  validation {
    condition     = length(var.origin_secrets) >= 1 && length(var.origin_secrets) <= 2 && length(distinct(var.origin_secrets)) == length(var.origin_secrets)
    error_message = "origin_secrets has ${length(var.origin_secrets)} entries. Write one name, or two different ones while you change it."
  }
}
