variable "catalog" {
  description = "What the catalog says of the environment and of the services that use the cache."
  type = object({
    environment = string
    cluster     = string
    services    = map(object({ cache_user = optional(string) }))
  })

  validation {
    condition     = anytrue([for service in values(var.catalog.services) : service.cache_user != null])
    error_message = "No service of the catalog uses the cache, and AWS takes no empty user group. Take the module out of the composition."
  }
}

variable "zones" {
  description = "The availability zones by letter, each with its data subnet."
  type        = map(object({ name = string, data_subnet_id = string }))

  validation {
    condition     = length(var.zones) >= 2
    error_message = "A primary and its replica stand in different zones. Give at least two."
  }
}

variable "vpc_id" {
  description = "The VPC of the data subnets."
  type        = string
}

variable "key_arn" {
  description = "The KMS key of what the nodes write to disk while they copy themselves to a replica."
  type        = string
}

variable "node_type" {
  description = "The size of each node, such as cache.t4g.small."
  type        = string

  validation {
    condition     = can(regex("^cache\\.[a-z0-9]+\\.[a-z0-9]+$", var.node_type))
    error_message = "node_type is no node of ElastiCache. Write one such as cache.t4g.small."
  }
}

variable "replicas" {
  description = "How many replicas stand behind the primary."
  type        = number

  validation {
    condition     = var.replicas >= 1 && var.replicas <= 5 && floor(var.replicas) == var.replicas
    error_message = "replicas is from 1 to 5: without one a lost node ends the visitor day and every session, and AWS allows no more than 5."
  }
}

variable "engine" {
  description = "The engine of the cache."
  type        = string
  default     = "valkey"

  validation {
    condition     = var.engine == "valkey"
    error_message = "engine is valkey. With redis a group of users must hold a user called default, which needs a password or none; users of valkey sign in with IAM only."
  }
}

variable "engine_version" {
  description = "The major and minor version of Valkey, such as 8.1."
  type        = string
  default     = "8.1"

  validation {
    condition     = can(regex("^(7\\.2|[89]\\.[0-9]+)$", var.engine_version))
    error_message = "engine_version is a version of Valkey with its minor part, 7.2 or newer, such as 8.1."
  }
}

variable "security_group_ids" {
  description = "The security group of each service, by its name. Only those of services with a user of the cache are let in."
  type        = map(string)

  validation {
    condition = alltrue([
      for name, service in var.catalog.services : service.cache_user == null || contains(keys(var.security_group_ids), name)
    ])
    error_message = "A service uses the cache and has no security group here. Give security_group_ids an entry of its name."
  }
}
