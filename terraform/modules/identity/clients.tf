locals {
  # Both are public: authorization code with PKCE, no secret, no other way to log in.
  clients = {
    page = {
      callback_urls = ["https://${var.catalog.domain}/session/callback"]
      providers     = concat(["COGNITO"], [for provider in aws_cognito_identity_provider.social : provider.provider_name])
      # A disabled person's token ends by itself this soon; the dashboard renews it.
      access_minutes = 10
      id_minutes     = 10
    }
    argocd = {
      callback_urls = ["https://${var.argocd_domain}/auth/callback", "http://localhost:8085/auth/callback"]
      # Who runs the platform has an account here, and its second factor.
      providers      = ["COGNITO"]
      access_minutes = 10
      # Argo CD's page lives by the ID token, and does not renew it.
      id_minutes = 60
    }
  }
}

resource "aws_cognito_user_pool_client" "public" {
  for_each = local.clients

  name         = "${var.catalog.cluster}-${each.key}"
  user_pool_id = aws_cognito_user_pool.people.id

  generate_secret                      = false
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  # The scopes of our APIs are not asked for: the function "token" adds those of a person's groups.
  allowed_oauth_scopes         = ["openid", "email", "profile"]
  callback_urls                = each.value.callback_urls
  default_redirect_uri         = each.value.callback_urls[0]
  supported_identity_providers = each.value.providers

  # Without a word here Cognito allows three ways. By this one a password never leaves the person's machine, and a refresh
  # token is renewed by the token endpoint only, which rotates it.
  explicit_auth_flows           = ["ALLOW_USER_SRP_AUTH"]
  prevent_user_existence_errors = "ENABLED"
  enable_token_revocation       = true
  auth_session_validity         = 3

  access_token_validity = each.value.access_minutes
  id_token_validity     = each.value.id_minutes
  # As long as a session of the dashboard may last at most.
  refresh_token_validity = 12
  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "hours"
  }

  # A refresh token is good once; for a minute the old one is taken again, because an answer may get lost.
  refresh_token_rotation {
    feature                    = "ENABLED"
    retry_grace_period_seconds = 60
  }

  read_attributes  = ["email", "email_verified", "name"]
  write_attributes = ["email", "name"]
}

# Without a style the pages for logging in answer with an error.
resource "aws_cognito_managed_login_branding" "public" {
  for_each = aws_cognito_user_pool_client.public

  user_pool_id                = aws_cognito_user_pool.people.id
  client_id                   = each.value.id
  use_cognito_provided_values = true
}
