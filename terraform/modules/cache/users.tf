locals {
  users = { for name, service in var.catalog.services : name => service.cache_user if service.cache_user != null }
}

# Valkey's groups need no user called "default", and this one has none: whoever has no IAM token gets no answer.
resource "aws_elasticache_user_group" "this" {
  user_group_id = var.catalog.cluster
  engine        = var.engine
  user_ids      = [for user in values(aws_elasticache_user.this) : user.user_id]
}

resource "aws_elasticache_user" "this" {
  for_each = local.users

  # IAM wants the two to be the same.
  user_id   = each.value
  user_name = each.value
  engine    = var.engine

  # Reads, writes and scripts of its keys. INFO is what clients ask when they connect; the other dangerous commands, such
  # as FLUSHALL, KEYS and CONFIG, are for nobody, and no service publishes.
  access_string = "on ~* resetchannels -@all +@read +@write +@connection +@scripting -@dangerous +info"

  authentication_mode {
    type = "iam"
  }
}
