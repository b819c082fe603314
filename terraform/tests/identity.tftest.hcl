variables {
  catalog = {
    environment = "staging"
    cluster     = "staging-millrace"
    account     = "444455556666"
    region      = "eu-central-1"
    domain      = "staging.shop.example"
    services    = { order = { owner = "checkout" }, payment = { owner = "checkout" }, user = { owner = "accounts" } }
    buckets = {
      uploads = { arn = "arn:aws:s3:::staging-millrace-uploads-444455556666", key = "alias/staging-millrace-bucket-uploads" }
    }
  }
  key_arns           = { "alias/staging-millrace-bucket-uploads" = "arn:aws:kms:eu-central-1:444455556666:key/uploads" }
  mfa                = "ON"
  mail_identity_arn  = "arn:aws:ses:eu-central-1:444455556666:identity/staging.shop.example"
  argocd_domain      = "argocd.staging.shop.example"
  token_function_zip = "functions/dist/token.zip"
  logs_key_arn       = "arn:aws:kms:eu-central-1:444455556666:key/logs"
  log_retention_days = 90
}

run "pool" {
  command = plan
  module {
    source = "./modules/identity"
  }

  assert {
    condition     = aws_cognito_user_pool.people.mfa_configuration == "ON" && one(aws_cognito_user_pool.people.software_token_mfa_configuration).enabled
    error_message = "Everybody has a second factor."
  }
  assert {
    condition     = aws_cognito_user_pool.people.user_pool_tier == "PLUS" && one(aws_cognito_user_pool.people.user_pool_add_ons).advanced_security_mode == "ENFORCED"
    error_message = "Threat protection acts, and does not only watch."
  }
  assert {
    condition     = aws_cognito_user_pool.people.deletion_protection == "ACTIVE" && one(aws_cognito_user_pool.people.password_policy).minimum_length >= 14
    error_message = "The pool is protected, and passwords are long."
  }
  assert {
    condition     = !one(aws_cognito_user_pool.people.username_configuration).case_sensitive && aws_cognito_user_pool.people.username_attributes == toset(["email"])
    error_message = "People log in by their address, however they write it."
  }
  assert {
    condition     = one(aws_cognito_user_pool.people.email_configuration).email_sending_account == "DEVELOPER" && endswith(one(aws_cognito_user_pool.people.email_configuration).from_email_address, "<no-reply@staging.shop.example>")
    error_message = "Mail comes from the environment's own domain."
  }
  assert {
    condition     = one(one(one(aws_cognito_risk_configuration.people.account_takeover_risk_configuration).actions).high_action).event_action == "BLOCK" && one(one(aws_cognito_risk_configuration.people.compromised_credentials_risk_configuration).actions).event_action == "BLOCK"
    error_message = "Leaked passwords and logins of high risk are blocked."
  }
  assert {
    condition     = aws_cognito_user_pool_domain.people.domain == "staging-millrace-444455556666" && output.login_domain == "staging-millrace-444455556666.auth.eu-central-1.amazoncognito.com"
    error_message = "The pages for logging in have a name with the account, because it is global."
  }
  assert {
    condition     = one(aws_cognito_log_delivery_configuration.people.log_configurations).event_source == "userNotification"
    error_message = "The history of logins, which names addresses of people, is not written to a log."
  }
}

run "clients" {
  command = plan
  module {
    source = "./modules/identity"
  }

  assert {
    condition     = toset(keys(aws_cognito_user_pool_client.public)) == toset(["argocd", "page"])
    error_message = "There is a client of the page and one of Argo CD."
  }
  assert {
    condition = alltrue([
      for client in aws_cognito_user_pool_client.public :
      !client.generate_secret && client.allowed_oauth_flows == toset(["code"]) && client.allowed_oauth_scopes == toset(["openid", "email", "profile"])
    ])
    error_message = "Clients are public, use the authorization code and ask for nothing but who somebody is."
  }
  assert {
    condition = alltrue([
      for client in aws_cognito_user_pool_client.public :
      client.access_token_validity == 10 && client.token_validity_units[0].access_token == "minutes" && client.enable_token_revocation && client.refresh_token_rotation[0].feature == "ENABLED"
    ])
    error_message = "An access token lives for ten minutes, and a refresh token is good once."
  }
  assert {
    condition     = alltrue([for client in aws_cognito_user_pool_client.public : !contains(client.explicit_auth_flows, "ALLOW_USER_PASSWORD_AUTH") && !contains(client.explicit_auth_flows, "ALLOW_REFRESH_TOKEN_AUTH")])
    error_message = "No password is sent as it is, and Cognito takes no rotation beside the flow that does not rotate."
  }
  assert {
    condition     = aws_cognito_user_pool_client.public["page"].callback_urls == toset(["https://staging.shop.example/session/callback"])
    error_message = "The page's login comes back to /session/callback (services/dashboard/login.ts)."
  }
  assert {
    condition     = aws_cognito_user_pool_client.public["argocd"].callback_urls == toset(["https://argocd.staging.shop.example/auth/callback", "http://localhost:8085/auth/callback"])
    error_message = "Argo CD's login comes back to its page and to its command line (argocd/README.md)."
  }
  assert {
    condition     = alltrue([for client in aws_cognito_user_pool_client.public : client.supported_identity_providers == toset(["COGNITO"])])
    error_message = "Without a social provider everybody is in the pool itself."
  }
  assert {
    condition     = keys(aws_cognito_managed_login_branding.public) == keys(aws_cognito_user_pool_client.public)
    error_message = "Each client has a style, or its login page is an error."
  }
}

run "groups_and_scopes" {
  command = plan
  module {
    source = "./modules/identity"
  }

  assert {
    condition = toset(keys(aws_cognito_user_group.group)) == toset([
      "millrace:accounts", "millrace:break-glass", "millrace:checkout", "millrace:platform",
      "scope:analytics:import", "scope:analytics:read", "scope:analytics:write", "scope:payments:operate", "scope:products:write",
    ])
    error_message = "There is a group for each owner, two for the platform, and one for each scope."
  }
  assert {
    condition     = toset([for scope in aws_cognito_resource_server.apis.scope : "scope:${scope.scope_name}"]) == toset([for name in keys(aws_cognito_user_group.group) : name if startswith(name, "scope:")])
    error_message = "Every scope of the resource server has its group."
  }
  assert {
    condition     = aws_lambda_function.token.environment[0].variables.SCOPES == "analytics:import analytics:read analytics:write payments:operate products:write"
    error_message = "The function knows exactly these scopes."
  }
  assert {
    condition     = aws_lambda_function.token.timeout <= 5 && aws_lambda_function.token.handler == "index.handler" && aws_lambda_function.token.runtime == "nodejs24.x"
    error_message = "Cognito waits for five seconds, and pack.ts packs index.mjs."
  }
  assert {
    condition     = alltrue([for group in [aws_cloudwatch_log_group.token, aws_cloudwatch_log_group.people] : group.kms_key_id == "arn:aws:kms:eu-central-1:444455556666:key/logs" && group.retention_in_days == 90])
    error_message = "Logs are encrypted and end."
  }
}

run "policies" {
  command = apply
  module {
    source = "./modules/identity"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.person.policy).Statement[0].Action == "s3:PutObject" && jsondecode(aws_iam_role_policy.person.policy).Statement[0].Resource == "arn:aws:s3:::staging-millrace-uploads-444455556666/user/$${cognito-identity.amazonaws.com:sub}/*"
    error_message = "A person puts files below a prefix of their own."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.person.policy).Statement[1].Action == "kms:GenerateDataKey" && jsondecode(aws_iam_role_policy.person.policy).Statement[1].Condition.StringEquals["kms:ViaService"] == "s3.eu-central-1.amazonaws.com"
    error_message = "The key of the uploads encrypts them, by way of S3 only."
  }
  assert {
    condition     = length(jsondecode(aws_iam_role_policy.person.policy).Statement) == 2
    error_message = "A person may nothing else."
  }
  assert {
    condition     = jsondecode(aws_iam_role.person.assume_role_policy).Statement[0].Condition.StringEquals["cognito-identity.amazonaws.com:aud"] == aws_cognito_identity_pool.people.id && jsondecode(aws_iam_role.person.assume_role_policy).Statement[0].Condition["ForAnyValue:StringLike"]["cognito-identity.amazonaws.com:amr"] == "authenticated"
    error_message = "The role is for who is logged in at this pool."
  }
  assert {
    condition     = !aws_cognito_identity_pool.people.allow_unauthenticated_identities && !aws_cognito_identity_pool.people.allow_classic_flow && one(aws_cognito_identity_pool.people.cognito_identity_providers).server_side_token_check
    error_message = "Nobody without a login has credentials."
  }
  assert {
    condition     = aws_lambda_permission.token.source_arn == aws_cognito_user_pool.people.arn && one(one(aws_cognito_user_pool.people.lambda_config).pre_token_generation_config).lambda_version == "V2_0"
    error_message = "This pool alone asks the function, in the form that changes access tokens."
  }
  assert {
    condition     = output.jwks_url == "https://cognito-idp.eu-central-1.amazonaws.com/${aws_cognito_user_pool.people.id}/.well-known/jwks.json"
    error_message = "The keys are below the issuer."
  }
  assert {
    condition = output.inventory == tomap({
      "API scopes"       = 5
      "identity pools"   = 1
      "login clients"    = 2
      "login domains"    = 1
      "social providers" = 0
      "token functions"  = 1
      "user groups"      = 9
      "user pools"       = 1
    })
    error_message = "The inventory counts what is built."
  }
}

run "social_provider" {
  command = plan
  module {
    source = "./modules/identity"
  }
  variables {
    social_providers = { Google = { client_id = "client.apps.example", secret_arn = "arn:aws:secretsmanager:eu-central-1:444455556666:secret:staging/google-AbCdEf" } }
  }

  assert {
    condition     = aws_cognito_identity_provider.social["Google"].attribute_mapping.username == "sub"
    error_message = "Google's people are known by their sub."
  }
  assert {
    condition     = aws_cognito_user_pool_client.public["page"].supported_identity_providers == toset(["COGNITO", "Google"]) && aws_cognito_user_pool_client.public["argocd"].supported_identity_providers == toset(["COGNITO"])
    error_message = "A social provider is for the page, never for Argo CD."
  }
}

run "unknown_provider" {
  command = plan
  module {
    source = "./modules/identity"
  }
  variables {
    social_providers = { Somebody = { client_id = "client", secret_arn = "arn:aws:secretsmanager:eu-central-1:444455556666:secret:staging/somebody-AbCdEf" } }
  }
  expect_failures = [var.social_providers]
}

run "prod_without_second_factor" {
  command = plan
  module {
    source = "./modules/identity"
  }
  variables {
    catalog = {
      environment = "prod"
      cluster     = "prod-millrace"
      account     = "777788889999"
      region      = "eu-central-1"
      domain      = "staging.shop.example"
      services    = { order = { owner = "checkout" } }
      buckets     = { uploads = { arn = "arn:aws:s3:::prod-millrace-uploads-777788889999", key = "alias/staging-millrace-bucket-uploads" } }
    }
    mfa          = "OPTIONAL"
    is_protected = false
  }
  expect_failures = [var.mfa, var.is_protected]
}

run "wrong_values" {
  command = plan
  module {
    source = "./modules/identity"
  }
  variables {
    mfa                = "OFF"
    mail_identity_arn  = "arn:aws:ses:eu-central-1:444455556666:identity/other.example"
    log_retention_days = 100
    token_function_zip = "functions/dist/absent.zip"
    key_arns           = { "alias/other" = "arn:aws:kms:eu-central-1:444455556666:key/other" }
  }
  expect_failures = [var.mfa, var.mail_identity_arn, var.log_retention_days, var.token_function_zip, var.key_arns]
}
