locals {
  # What each provider is asked for, and what it calls a person.
  social_kinds = {
    Google          = { scopes = "openid email profile", subject = "sub" }
    Facebook        = { scopes = "public_profile,email", subject = "id" }
    LoginWithAmazon = { scopes = "profile", subject = "user_id" }
  }
}

# The secret of the client stands in the state, which is encrypted and which few may read: Cognito takes it as text only.
data "aws_secretsmanager_secret_version" "social" {
  for_each = var.social_providers

  secret_id = each.value.secret_arn
}

resource "aws_cognito_identity_provider" "social" {
  for_each = var.social_providers

  user_pool_id  = aws_cognito_user_pool.people.id
  provider_name = each.key
  provider_type = each.key

  provider_details = {
    authorize_scopes = local.social_kinds[each.key].scopes
    client_id        = each.value.client_id
    client_secret    = data.aws_secretsmanager_secret_version.social[each.key].secret_string
  }

  attribute_mapping = {
    username = local.social_kinds[each.key].subject
    email    = "email"
    name     = "name"
  }

  lifecycle {
    # Cognito fills in the provider's own addresses.
    ignore_changes = [
      provider_details["api_version"],
      provider_details["attributes_url"],
      provider_details["attributes_url_add_attributes"],
      provider_details["authorize_url"],
      provider_details["oidc_issuer"],
      provider_details["token_request_method"],
      provider_details["token_url"],
    ]
  }
}
