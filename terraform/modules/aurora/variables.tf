variable "catalog" {
  description = "What the catalog says of the environment and of the databases of its services."
  type = object({
    environment = string
    cluster     = string
    account     = string
    region      = string
    services    = map(object({ database = optional(object({ name = string, user = string })) }))
  })
}

variable "zones" {
  description = "The availability zones by letter, each with its data subnet. The instances stand in the first two."
  type        = map(object({ name = string, data_subnet_id = string }))

  validation {
    condition     = length(var.zones) >= 2
    error_message = "Writer and reader stand in different zones. Give at least two."
  }
}

variable "vpc_id" {
  description = "The VPC of the data subnets."
  type        = string
}

variable "key_arn" {
  description = "The KMS key of the data, its backups, its performance figures and the master password."
  type        = string
}

variable "logs_key_arn" {
  description = "The KMS key of the log groups."
  type        = string
}

variable "log_retention_days" {
  description = "How many days PostgreSQL's log is kept."
  type        = number

  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2557, 3653], var.log_retention_days)
    error_message = "CloudWatch keeps logs for certain numbers of days only. Write one of them, such as 30 or 365."
  }
}

variable "capacity" {
  description = "Between how many capacity units (ACU, 2 GiB each) an instance moves."
  type        = object({ min = number, max = number })

  validation {
    condition     = var.capacity.min >= 0.5 && var.capacity.max <= 256 && var.capacity.min * 2 == floor(var.capacity.min * 2) && var.capacity.max * 2 == floor(var.capacity.max * 2)
    error_message = "capacity goes from 0.5 to 256 in steps of a half. 0 would let the database sleep, and services that poll it would wake it at once."
  }
  validation {
    condition     = var.capacity.max >= 1 && var.capacity.max >= var.capacity.min
    error_message = "capacity.max is at least 1, and not below capacity.min."
  }
}

variable "max_connections" {
  description = "How many connections each instance takes. The pools of all services together must stay below it."
  type        = number

  validation {
    condition     = var.max_connections >= 100 && var.max_connections <= 5000 && floor(var.max_connections) == var.max_connections
    error_message = "max_connections is a whole number from 100 to 5000."
  }
  validation {
    condition     = var.max_connections <= 500 * var.capacity.max
    error_message = "max_connections is at most 500 for each unit of capacity.max: each connection takes some 4 MiB even when idle. Raise capacity.max, or lower the pools."
  }
}

variable "engine_version" {
  description = "The version of PostgreSQL with its minor part, such as 17.6."
  type        = string

  validation {
    condition     = can(regex("^(1[6-9]|[2-9][0-9])\\.[0-9]+$", var.engine_version))
    error_message = "engine_version is major.minor, from 16 on, such as 17.6. The Data API of Serverless v2 and the services want no older one."
  }
}

variable "backup_days" {
  description = "For how many days any moment can be restored."
  type        = number

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35
    error_message = "backup_days is from 1 to 35, which is the most that Aurora keeps."
  }
}

variable "is_protected" {
  description = "Must somebody take a protection away before the cluster can be deleted, and does its deletion leave a snapshot?"
  type        = bool
}

variable "security_group_ids" {
  description = "The security group of each service, by its name. Only those of services with a database are let in."
  type        = map(string)

  validation {
    condition = alltrue([
      for name, service in var.catalog.services : service.database == null || contains(keys(var.security_group_ids), name)
    ])
    error_message = "A service has a database and no security group here. Give security_group_ids an entry of its name."
  }
}

variable "function_zip" {
  description = "The path of the function \"databases\" as node terraform/functions/pack.ts wrote it."
  type        = string

  validation {
    condition     = fileexists(var.function_zip)
    error_message = "function_zip is no file. Run node terraform/functions/pack.ts first."
  }
}

variable "alerts_topic_arn" {
  description = "The topic that hears of failovers, failures and maintenance."
  type        = string
}
