output "user_pool_id" {
  description = "The user pool."
  value       = aws_cognito_user_pool.people.id
}

output "user_pool_arn" {
  description = "ARN of the user pool."
  value       = aws_cognito_user_pool.people.arn
}

output "issuer_url" {
  description = "Issuer of the tokens, as their claim iss says."
  value       = local.issuer_url
}

output "jwks_url" {
  description = "Where the keys are with which tokens are checked."
  value       = "${local.issuer_url}/.well-known/jwks.json"
}

output "client_ids" {
  description = "The public clients: of the page, and of Argo CD."
  value = {
    page   = aws_cognito_user_pool_client.public["page"].id
    argocd = aws_cognito_user_pool_client.public["argocd"].id
  }
}

output "login_domain" {
  description = "Host of the pages on which people log in."
  value       = "${aws_cognito_user_pool_domain.people.domain}.auth.${var.catalog.region}.amazoncognito.com"
}

output "identity_pool_id" {
  description = "The identity pool."
  value       = aws_cognito_identity_pool.people.id
}

output "scopes" {
  description = "The scopes that the function \"token\" may add to an access token."
  value       = toset(keys(local.scopes))
}

output "inventory" {
  description = "What the module builds, counted."
  value = tomap({
    "user pools"       = 1
    "login clients"    = length(aws_cognito_user_pool_client.public)
    "login domains"    = 1
    "user groups"      = length(aws_cognito_user_group.group)
    "API scopes"       = length(local.scopes)
    "social providers" = length(aws_cognito_identity_provider.social)
    "identity pools"   = 1
    "token functions"  = 1
  })
}

locals {
  issuer_url = "https://cognito-idp.${var.catalog.region}.amazonaws.com/${aws_cognito_user_pool.people.id}"
}
