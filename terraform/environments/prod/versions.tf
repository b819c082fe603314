terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.25, < 7.0"
    }
  }

  # The bucket and its key come from terraform/state. The lock is a file beside the state.
  backend "s3" {
    bucket       = "prod-millrace-terraform-777788889999"
    key          = "platform.tfstate"
    region       = "us-east-1"
    encrypt      = true
    kms_key_id   = "alias/prod-millrace-terraform"
    use_lockfile = true
  }
}

provider "aws" {
  region              = var.catalog.region
  allowed_account_ids = ["777788889999"]

  default_tags {
    tags = {
      project     = "millrace"
      environment = var.catalog.environment
      managed-by  = "terraform"
    }
  }
}
