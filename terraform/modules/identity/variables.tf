variable "catalog" {
  description = "What the catalog asks of this environment; the module reads these of it."
  type = object({
    environment = string
    cluster     = string
    account     = string
    region      = string
    domain      = string
    services    = map(object({ owner = string }))
    buckets     = map(object({ arn = string, key = string }))
  })

  validation {
    condition     = contains(keys(var.catalog.buckets), "uploads")
    error_message = "The catalog has no bucket \"uploads\", into which people put files: give user a bucket of that name in catalog/services.ts, or take identity-pool.tf out."
  }
}

variable "key_arns" {
  description = "Keys by alias (alias/…); the one of the bucket uploads encrypts what people put there."
  type        = map(string)

  validation {
    condition     = contains(keys(var.key_arns), var.catalog.buckets["uploads"].key)
    error_message = "The key of the bucket uploads is not in key_arns: pass key_arns of the module security as it is."
  }
}

variable "mfa" {
  description = "ON: everybody has a second factor (a code of an authenticator). OPTIONAL: who wants one."
  type        = string

  validation {
    condition     = contains(["ON", "OPTIONAL"], var.mfa)
    error_message = "Write ON or OPTIONAL in mfa; without any second factor there is no environment."
  }

  validation {
    condition     = var.catalog.environment != "prod" || var.mfa == "ON"
    error_message = "Everybody in prod has a second factor (ASVS 6.3.3): set mfa to ON in environments/prod."
  }
}

variable "is_protected" {
  description = "Does the pool refuse to be deleted? Its people cannot be brought back."
  type        = bool
  default     = true

  validation {
    condition     = var.catalog.environment != "prod" || var.is_protected
    error_message = "The people of prod are protected: set identity.is_protected to true in environments/prod."
  }
}

variable "social_providers" {
  description = "By provider (Google, Facebook, LoginWithAmazon), the client that it gave us, and the secret of Secrets Manager with the client's secret as plain text."
  type        = map(object({ client_id = string, secret_arn = string }))
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.social_providers), ["Google", "Facebook", "LoginWithAmazon"])) == 0
    error_message = "Only Google, Facebook and LoginWithAmazon are known in social-providers.tf: take the others out of social_providers, or describe them there."
  }
}

variable "mail_identity_arn" {
  description = "Identity of SES for the domain, verified before the pool is made: Cognito writes to people as no-reply@<domain>."
  type        = string

  validation {
    condition     = endswith(var.mail_identity_arn, ":identity/${var.catalog.domain}")
    error_message = "mail_identity_arn is not the identity of the catalog's domain: pass mail_identity_arn of the module observability of this environment."
  }
}

variable "argocd_domain" {
  description = "Host of Argo CD, which people open by the same login."
  type        = string
}

variable "token_function_zip" {
  description = "Path of the function \"token\", packed by node terraform/functions/pack.ts."
  type        = string

  validation {
    condition     = fileexists(var.token_function_zip)
    error_message = "There is no such file: run node terraform/functions/pack.ts first."
  }
}

variable "logs_key_arn" {
  description = "Key of the log groups."
  type        = string
}

variable "log_retention_days" {
  description = "Days for which the log groups keep what they have."
  type        = number

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days: choose one of them."
  }
}
