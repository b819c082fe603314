locals {
  mail_sender = "no-reply@${var.catalog.domain}"
}

resource "aws_cognito_user_pool" "people" {
  name                = var.catalog.cluster
  user_pool_tier      = "PLUS"
  deletion_protection = var.is_protected ? "ACTIVE" : "INACTIVE"

  # People are known by their address, however they write it.
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]
  username_configuration {
    case_sensitive = false
  }
  # It cannot be changed later: a pool keeps its attributes as they were made.
  schema {
    name                = "email"
    attribute_data_type = "String"
    required            = true
    mutable             = true
    string_attribute_constraints {
      min_length = "0"
      max_length = "2048"
    }
  }
  # A new address counts only once its owner has answered.
  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }

  admin_create_user_config {
    allow_admin_create_user_only = false
  }

  mfa_configuration = var.mfa
  software_token_mfa_configuration {
    enabled = true
  }
  sign_in_policy {
    allowed_first_auth_factors = ["PASSWORD"]
  }

  # Long, and not one that is known to have leaked; rules on characters make passwords no better (ASVS 6.2.5, NIST 800-63B).
  password_policy {
    minimum_length                   = 14
    require_lowercase                = false
    require_uppercase                = false
    require_numbers                  = false
    require_symbols                  = false
    password_history_size            = 5
    temporary_password_validity_days = 1
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  email_configuration {
    email_sending_account = "DEVELOPER"
    source_arn            = var.mail_identity_arn
    from_email_address    = "Millrace <${local.mail_sender}>"
  }

  verification_message_template {
    default_email_option = "CONFIRM_WITH_CODE"
  }

  user_pool_add_ons {
    advanced_security_mode = "ENFORCED"
  }

  lambda_config {
    pre_token_generation_config {
      lambda_arn     = aws_lambda_function.token.arn
      lambda_version = "V2_0"
    }
  }
}

# Threat protection: what it does when a login looks like somebody else's.
resource "aws_cognito_risk_configuration" "people" {
  user_pool_id = aws_cognito_user_pool.people.id

  compromised_credentials_risk_configuration {
    event_filter = ["SIGN_IN", "SIGN_UP", "PASSWORD_CHANGE"]
    actions {
      event_action = "BLOCK"
    }
  }

  account_takeover_risk_configuration {
    actions {
      # Where everybody has a second factor it is asked for anyway.
      low_action {
        event_action = var.mfa == "ON" ? "NO_ACTION" : "MFA_IF_CONFIGURED"
        notify       = false
      }
      medium_action {
        event_action = var.mfa == "ON" ? "NO_ACTION" : "MFA_REQUIRED"
        notify       = false
      }
      high_action {
        event_action = "BLOCK"
        notify       = false
      }
    }
  }
}

# The pages on which people log in. Names of these domains are global, so the account is a part of them.
resource "aws_cognito_user_pool_domain" "people" {
  domain                = "${var.catalog.cluster}-${var.catalog.account}"
  user_pool_id          = aws_cognito_user_pool.people.id
  managed_login_version = 2
}

# Mail that could not be sent. The history of logins is not exported: it names addresses of people, and our logs do not.
resource "aws_cloudwatch_log_group" "people" {
  # Below this prefix AWS's own deliveries fit into the account's one policy for logs.
  name              = "/aws/vendedlogs/cognito/${var.catalog.cluster}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
}

resource "aws_cognito_log_delivery_configuration" "people" {
  user_pool_id = aws_cognito_user_pool.people.id

  log_configurations {
    event_source = "userNotification"
    log_level    = "ERROR"
    cloud_watch_logs_configuration {
      log_group_arn = aws_cloudwatch_log_group.people.arn
    }
  }
}
