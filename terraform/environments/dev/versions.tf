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
    bucket       = "dev-millrace-terraform-111122223333"
    key          = "platform.tfstate"
    region       = "us-east-1"
    encrypt      = true
    kms_key_id   = "alias/dev-millrace-terraform"
    use_lockfile = true
  }
}

provider "aws" {
  region              = var.catalog.region
  allowed_account_ids = ["111122223333"]

  default_tags {
    tags = {
      project     = "millrace"
      environment = var.catalog.environment
      managed-by  = "terraform"
    }
  }
}
