# What holds for the whole account, whoever makes something in it.
resource "aws_accessanalyzer_analyzer" "this" {
  for_each = local.on["access-analyzer"]

  analyzer_name = var.catalog.cluster
  type          = "ACCOUNT"
}

resource "aws_s3_account_public_access_block" "this" {
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# Nothing here has a volume; whoever makes one gets it encrypted.
resource "aws_ebs_encryption_by_default" "this" {
  enabled = true
}

resource "aws_ebs_snapshot_block_public_access" "this" {
  state = "block-all-sharing"
}

# People come by single sign-on. Should a user with a password be made all the same, it has a long one.
resource "aws_iam_account_password_policy" "this" {
  minimum_password_length        = 16
  require_lowercase_characters   = true
  require_uppercase_characters   = true
  require_numbers                = true
  require_symbols                = true
  password_reuse_prevention      = 24
  max_password_age               = 90
  allow_users_to_change_password = true
}
