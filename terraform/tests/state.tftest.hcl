variables {
  environment = "dev"
  account     = "111122223333"
  region      = "us-east-1"
}

run "the_bucket_is_closed_versioned_and_encrypted" {
  command = plan
  module {
    source = "./state"
  }

  assert {
    condition     = aws_s3_bucket.state.bucket == "dev-millrace-terraform-111122223333" && aws_kms_alias.state.name == "alias/dev-millrace-terraform"
    error_message = "Names are those that backends and the module delivery take."
  }

  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "Old states stay."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.state.block_public_acls,
      aws_s3_bucket_public_access_block.state.block_public_policy,
      aws_s3_bucket_public_access_block.state.ignore_public_acls,
      aws_s3_bucket_public_access_block.state.restrict_public_buckets,
    ])
    error_message = "Nothing is public."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms" && aws_kms_key.state.enable_key_rotation
    error_message = "States are encrypted by the key, which rotates."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_s3_bucket_policy.state.policy).Statement : statement.Sid => [statement.Effect, statement.Condition]
      } == {
      TlsOnly = ["Deny", { Bool = { "aws:SecureTransport" = "false" } }]
      NoOtherEncryption = ["Deny", {
        Null            = { "s3:x-amz-server-side-encryption" = "false" }
        StringNotEquals = { "s3:x-amz-server-side-encryption" = "aws:kms" }
      }]
    }
    error_message = "The policy refuses plain HTTP and other encryption."
  }

  assert {
    condition     = alltrue([for action in jsondecode(aws_kms_key.state.policy).Statement[0].Action : !strcontains(action, "*")])
    error_message = "The key's policy names its actions."
  }
}

run "refuses_an_environment_that_is_not_there" {
  command = plan
  module {
    source = "./state"
  }
  variables {
    environment = "production"
  }
  expect_failures = [var.environment]
}

run "refuses_half_an_account" {
  command = plan
  module {
    source = "./state"
  }
  variables {
    account = "1111"
  }
  expect_failures = [var.account]
}
