variable "environment" {
  description = "The environment whose states are kept here."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "There is no such environment. Write dev, staging or prod."
  }
}

variable "account" {
  description = "The number of its account, as in catalog/environments.ts."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account))
    error_message = "Write the account's number with its 12 digits, as catalog/environments.ts has it."
  }
}

variable "region" {
  description = "Its region, as in catalog/environments.ts."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Write a region such as us-east-1, as catalog/environments.ts has it."
  }
}
