variable "catalog" {
  description = "What the module reads of the catalog."
  type = object({
    environment = string
    cluster     = string
    region      = string
    account     = string
    zone_count  = number
    roles = map(object({
      grants = list(object({ actions = list(string) }))
    }))
  })

  validation {
    condition     = var.catalog.zone_count >= 2 && var.catalog.zone_count <= 6
    error_message = "catalog.zone_count is ${var.catalog.zone_count}. Write 2 to 6: a cluster and a database need two zones, and the address plan has room for six."
  }
}

variable "vpc_cidr" {
  description = "The addresses of the VPC, a private block of 65,536."
  type        = string

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0)) && can(regex("\\.0\\.0/16$", var.vpc_cidr))
    error_message = "vpc_cidr is ${var.vpc_cidr}. Write a block of size /16 that begins at its first address, such as 10.0.0.0/16: the subnets are cut from it."
  }

  validation {
    condition     = can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.)", var.vpc_cidr))
    error_message = "vpc_cidr is ${var.vpc_cidr}. Write addresses that are private (RFC 1918): in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16."
  }
}

variable "reserved_cidrs" {
  description = "Networks that the VPC must not overlap. EKS numbers its services from 10.100.0.0/16 or 172.20.0.0/16, and refuses 172.17.0.0/16; add those that the VPC may be peered with."
  type        = set(string)
  default     = ["10.100.0.0/16", "172.20.0.0/16", "172.17.0.0/16"]

  validation {
    condition     = alltrue([for cidr in var.reserved_cidrs : can(cidrhost(cidr, 0))])
    error_message = "reserved_cidrs has an entry that is no network. Write each as 10.1.0.0/16."
  }
}

variable "nat_zones" {
  description = "The letters of the zones that have a NAT gateway; the others send their traffic to the first of them."
  type        = set(string)

  validation {
    condition     = length(var.nat_zones) > 0 && length(setsubtract(var.nat_zones, slice(["a", "b", "c", "d", "e", "f"], 0, var.catalog.zone_count))) == 0
    error_message = "nat_zones is [${join(", ", var.nat_zones)}]. Name at least one of the ${var.catalog.zone_count} zones by its letter: a, b and so on."
  }

  validation {
    condition     = var.catalog.environment != "prod" || length(var.nat_zones) == var.catalog.zone_count
    error_message = "prod has ${length(var.nat_zones)} NAT gateways for ${var.catalog.zone_count} zones. Name every zone in nat_zones, so that no zone depends on another."
  }
}

variable "image_buckets" {
  description = "Buckets of other accounts in which public registries keep the layers of add-ons' images. A pod in the region is sent to them, and so through the S3 endpoint. Empty it when all images are mirrored to ECR."
  type        = set(string)
  default     = ["prod-registry-k8s-io-us-east-1", "quayio-production-s3"]

  validation {
    condition     = alltrue([for bucket in var.image_buckets : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", bucket))])
    error_message = "image_buckets has an entry that is no bucket's name. Write whole names, without arn: and without *."
  }
}

variable "logs_key_arn" {
  description = "The key that encrypts the flow logs."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.logs_key_arn))
    error_message = "logs_key_arn is no key of KMS. Write the ARN of a key, not of an alias: CloudWatch Logs takes no alias."
  }
}

variable "log_retention_days" {
  description = "How many days flow logs are kept."
  type        = number

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch Logs cannot keep for ${var.log_retention_days} days. Write one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}
