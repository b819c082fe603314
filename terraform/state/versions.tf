terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.25, < 7.0"
    }
  }

  # The bucket and the region are given at init (README.md), because each environment has its own. Nothing is said of
  # encryption: then S3 uses the bucket's key, whereas "encrypt" alone would ask for a key of S3.
  backend "s3" {
    key          = "state.tfstate"
    use_lockfile = true
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account]

  default_tags {
    tags = {
      project     = "millrace"
      environment = var.environment
      managed-by  = "terraform/state"
    }
  }
}
