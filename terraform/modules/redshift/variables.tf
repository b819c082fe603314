variable "catalog" {
  description = "What the catalog says of the environment and of the services that use the warehouse."
  type = object({
    environment = string
    cluster     = string
    account     = string
    region      = string
    services    = map(object({ uses_warehouse = bool }))
  })
}

variable "zones" {
  description = "The availability zones by letter, each with its data subnet."
  type        = map(object({ name = string, data_subnet_id = string }))

  validation {
    condition     = length(var.zones) >= 3
    error_message = "Redshift Serverless with enhanced VPC routing wants subnets in three zones. Give at least three."
  }
}

variable "vpc_id" {
  description = "The VPC of the data subnets."
  type        = string
}

variable "key_arn" {
  description = "The KMS key of the data and of the administrator's password."
  type        = string
}

variable "logs_key_arn" {
  description = "The KMS key of the log groups."
  type        = string
}

variable "log_retention_days" {
  description = "How many days the audit logs are kept."
  type        = number

  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2557, 3653], var.log_retention_days)
    error_message = "CloudWatch keeps logs for certain numbers of days only. Write one of them, such as 30 or 365."
  }
}

variable "base_capacity" {
  description = "The processing units (RPU) that a query starts with."
  type        = number

  validation {
    condition     = var.base_capacity == 4 || (var.base_capacity >= 8 && var.base_capacity <= 1024 && var.base_capacity % 8 == 0)
    error_message = "base_capacity is 4, or a multiple of 8 from 8 to 1024."
  }
}

variable "max_capacity" {
  description = "The most processing units (RPU) at once."
  type        = number

  validation {
    condition     = var.max_capacity >= var.base_capacity && var.max_capacity <= 5632 && (var.max_capacity == 4 || var.max_capacity % 8 == 0)
    error_message = "max_capacity is at least base_capacity: 4, or a multiple of 8 up to 5632."
  }
}

variable "usage_limit_rpu_hours" {
  description = "RPU hours a month after which the warehouse answers no query until the next one. At four fifths of it a metric says so."
  type        = number

  validation {
    condition     = var.usage_limit_rpu_hours >= var.base_capacity && floor(var.usage_limit_rpu_hours) == var.usage_limit_rpu_hours
    error_message = "usage_limit_rpu_hours is a whole number for one month, and at least base_capacity: less would not last an hour."
  }
}

variable "lake_bucket_arn" {
  description = "The bucket of the lake, which COPY reads."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::[^*/]+$", var.lake_bucket_arn))
    error_message = "lake_bucket_arn is the ARN of one bucket, without a path."
  }
}

variable "lake_key_arn" {
  description = "The KMS key of the lake's objects."
  type        = string
}

variable "security_group_ids" {
  description = "The security group of each service, by its name. Only those of services that use the warehouse are let in."
  type        = map(string)

  validation {
    condition = alltrue([
      for name, service in var.catalog.services : !service.uses_warehouse || contains(keys(var.security_group_ids), name)
    ])
    error_message = "A service uses the warehouse and has no security group here. Give security_group_ids an entry of its name."
  }
}

variable "alerts_topic_arn" {
  description = "The topic that hears when no snapshot could be taken."
  type        = string
}
