variable "catalog" {
  description = "What the catalog says of this environment, as far as delivery needs it."
  nullable    = false
  type = object({
    environment = string
    cluster     = string
    account     = string
    region      = string
    services    = map(object({ repository = string }))
  })
}

variable "github_repository" {
  description = "The repository on GitHub whose workflows may take the roles, as owner/name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "Write the repository as owner/name, such as example/millrace: no address, no *. It is compared with GitHub's token letter by letter."
  }
}

variable "repository_arns" {
  description = "The ECR repositories of this environment's services, by service."
  type        = map(string)
  nullable    = false

  validation {
    condition     = toset(keys(var.repository_arns)) == toset(keys(var.catalog.services))
    error_message = "The repositories are not those of the catalog's services. Pass repository_arns of the module security."
  }

  validation {
    condition     = alltrue([for arn in values(var.repository_arns) : can(regex(":ecr:${var.catalog.region}:${var.catalog.account}:repository/", arn))])
    error_message = "A repository is of another account or region. Pass repository_arns of the module security of this environment."
  }
}

variable "previous_registry" {
  description = "The environment from which images are promoted to this one: its role reads there. Null for the first environment, where images are built."
  type = object({
    account     = string
    environment = string
  })

  validation {
    condition = var.previous_registry == null ? true : (
      var.previous_registry.environment != var.catalog.environment && can(regex("^[0-9]{12}$", var.previous_registry.account))
    )
    error_message = "The previous environment is this one itself, or its account is no number of 12 digits. Promotion goes dev, staging, prod; write null for dev."
  }
}

variable "state_bucket_arn" {
  description = "The bucket of Terraform's states in this environment (root terraform/state)."
  type        = string
  nullable    = false
}

variable "state_key_arn" {
  description = "The KMS key of that bucket."
  type        = string
  nullable    = false
}

variable "state_object" {
  description = "The key of this environment's state in the bucket, as its backend names it."
  type        = string
  default     = "platform.tfstate"
  nullable    = false
}

variable "repository_url" {
  description = "What the bootstrap clones and Argo CD watches, as delivery.repository of the platform contract."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https://[A-Za-z0-9.-]+/[A-Za-z0-9._/-]+$", var.repository_url))
    error_message = "Write an address that begins with https:// and has no user in it."
  }
}

variable "revision" {
  description = "The branch that the bootstrap clones and Argo CD watches, as delivery.revision of the platform contract."
  type        = string
  default     = "main"
  nullable    = false
}

variable "repository_secret" {
  description = "A secret with a token that may read the repository, and its key. Null where the repository is public."
  type = object({
    arn     = string
    key_arn = string
  })
  default = null
}

variable "helm_version" {
  description = "The helm that renders Argo CD's chart at the bootstrap; kubectl is in the build's image."
  type        = string
  default     = "3.19.0"
  nullable    = false

  validation {
    condition     = can(regex("^3\\.(1[4-9]|[2-9][0-9])\\.[0-9]+$", var.helm_version))
    error_message = "argocd/bootstrap.sh takes helm 3 from 3.14 on: write such a version, such as 3.19.0."
  }
}

variable "vpc_id" {
  description = "The VPC in which the bootstrap reaches the cluster."
  type        = string
  nullable    = false
}

variable "subnet_ids" {
  description = "The application subnets, which have a way out by NAT."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "The bootstrap needs a subnet with a way out. Pass the application subnets of the module network."
  }
}

variable "cluster_security_group_id" {
  description = "The cluster's security group; it lets the bootstrap to the API server."
  type        = string
  nullable    = false
}

variable "logs_key_arn" {
  description = "The KMS key of log groups."
  type        = string
  nullable    = false
}

variable "log_retention_days" {
  description = "How long the log of a bootstrap is kept."
  type        = number
  nullable    = false
}
