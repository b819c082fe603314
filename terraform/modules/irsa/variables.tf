variable "catalog" {
  description = "What the catalog says of this environment, as far as roles need it. The lists of rights come from the same facts as the manifests."
  nullable    = false
  type = object({
    environment = string
    account     = string
    region      = string
    placeholders = object({
      aurora    = string
      warehouse = string
      metrics   = string
    })
    services = map(object({ role = string }))
    roles = map(object({
      arn             = string
      namespace       = string
      service_account = string
      subject         = string
      audience        = string
      grants = list(object({
        sid       = string
        actions   = list(string)
        resources = list(string)
        conditions = list(object({
          test     = string
          variable = string
          values   = list(string)
        }))
        wildcard = optional(string)
      }))
    }))
  })

  validation {
    condition = alltrue([
      for name, role in var.catalog.roles :
      startswith(name, "${var.catalog.environment}-millrace-") && length(name) <= 64 &&
      can(regex("^arn:aws[a-z-]*:iam::${var.catalog.account}:role/${name}$", role.arn))
    ])
    error_message = "A role is not called <env>-millrace-<owner> (at most 64 characters), or its ARN is of another account. Run make synth, and give the inputs of this environment."
  }

  validation {
    condition = alltrue([
      for role in values(var.catalog.roles) :
      role.subject == "system:serviceaccount:${role.namespace}:${role.service_account}" && role.audience == "sts.amazonaws.com"
    ])
    error_message = "A role's subject is not system:serviceaccount:<namespace>:<service account>, or its audience not sts.amazonaws.com. Trust takes both, so run make synth."
  }

  validation {
    condition = alltrue([
      for service in values(var.catalog.services) : contains(keys(var.catalog.roles), service.role)
    ])
    error_message = "A service names a role that is not in roles. Run make synth: both lists come from one place."
  }

  validation {
    condition = alltrue(flatten([
      for role in values(var.catalog.roles) : [
        for grant in role.grants : [
          for resource in grant.resources : resource == "*" || can(
            regex("^arn:aws[a-z-]*:[a-z0-9-]+:(|${var.catalog.region}):(|${var.catalog.account}):.+$", resource)
          )
        ]
      ]
    ]))
    error_message = "A grant names an ARN of another account or region. Each environment has its own inputs: run make synth, and give those of this environment."
  }

  validation {
    condition = alltrue(flatten([
      for role in values(var.catalog.roles) : [
        for grant in role.grants : concat(
          [for action in grant.actions : !strcontains(action, "*")],
          [!contains(grant.resources, "*") || grant.wildcard != null],
        )
      ]
    ]))
    error_message = "A grant has * in an action, or * as its resource without saying why (wildcard). Name actions and resources in catalog/least-privilege.ts."
  }
}

variable "oidc_provider_arn" {
  description = "The cluster's identity provider in IAM."
  type        = string
  nullable    = false
}

variable "oidc_issuer" {
  description = "The cluster's issuer without https://, as the keys of conditions are written."
  type        = string
  nullable    = false

  validation {
    condition     = !strcontains(var.oidc_issuer, "://")
    error_message = "The issuer begins with a scheme, and then no condition would ever match. Give it without https://."
  }
}

variable "key_arns" {
  description = "KMS keys by their alias (alias/...). IAM ignores aliases in resources, so policies name the keys."
  type        = map(string)
  nullable    = false

  validation {
    condition = alltrue(flatten([
      for role in values(var.catalog.roles) : [
        for grant in role.grants : [
          for resource in grant.resources :
          contains(keys(var.key_arns), replace(resource, "/^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:/", ""))
          if can(regex("^arn:[a-z-]+:kms:", resource))
        ]
      ]
    ]))
    error_message = "A grant names the alias of a key that is not in key_arns. The module security makes a key for each of catalog.keys: pass all of them."
  }
}

variable "aurora_resource_id" {
  description = "The cluster's resource id (cluster-...), by which rds-db:connect knows it."
  type        = string
  nullable    = false
}

variable "warehouse_workgroup_id" {
  description = "The id of the workgroup of Redshift Serverless; its ARN has the id, not the name."
  type        = string
  nullable    = false
}

variable "metrics_workspace_id" {
  description = "The id of the workspace of Amazon Managed Service for Prometheus."
  type        = string
  nullable    = false
}
