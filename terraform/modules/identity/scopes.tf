locals {
  # The scopes that our APIs ask for: policy: { scope } in services/*.
  scopes = {
    "analytics:import" = "Import page views of the past"
    "analytics:read"   = "See the figures of sites"
    "analytics:write"  = "Add and change sites"
    "payments:operate" = "See and refund payments of others"
    "products:write"   = "Add and change products and stock"
  }

  # Who is in a group "scope:<scope>" has the scope: the function "token" writes it into the access token.
  scope_groups = { for scope, description in local.scopes : "scope:${scope}" => "${description}." }

  # What Argo CD and the cluster know people by (charts/delivery/argo-cd-access.ts).
  team_groups = merge(
    { for owner in toset(values(var.catalog.services)[*].owner) : "millrace:${owner}" => "Owns services: sees, syncs and promotes them in Argo CD." },
    {
      "millrace:platform"    = "Runs the platform: sees and syncs everything in Argo CD."
      "millrace:break-glass" = "May do everything, and is empty until it is needed. Every write is audited."
    },
  )
}

resource "aws_cognito_resource_server" "apis" {
  identifier   = "millrace"
  name         = "${var.catalog.cluster} APIs"
  user_pool_id = aws_cognito_user_pool.people.id

  dynamic "scope" {
    for_each = local.scopes
    content {
      scope_name        = scope.key
      scope_description = scope.value
    }
  }
}

resource "aws_cognito_user_group" "group" {
  for_each = merge(local.scope_groups, local.team_groups)

  name         = each.key
  description  = each.value
  user_pool_id = aws_cognito_user_pool.people.id
}
