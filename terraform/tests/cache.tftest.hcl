variables {
  catalog = {
    environment = "dev"
    cluster     = "dev-millrace"
    services = {
      analytics = { cache_user = "dev-millrace-analytics" }
      dashboard = { cache_user = "dev-millrace-dashboard" }
      order     = { cache_user = null }
    }
  }
  zones = {
    a = { name = "us-east-1a", data_subnet_id = "subnet-0000000000000000a" }
    b = { name = "us-east-1b", data_subnet_id = "subnet-0000000000000000b" }
    c = { name = "us-east-1c", data_subnet_id = "subnet-0000000000000000c" }
  }
  vpc_id             = "vpc-00000000000000001"
  key_arn            = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-4333-8444-555555555555"
  node_type          = "cache.t4g.small"
  replicas           = 1
  engine             = "valkey"
  engine_version     = "8.1"
  security_group_ids = { analytics = "sg-0000000000000000a", dashboard = "sg-0000000000000000d", order = "sg-0000000000000000e" }
}

run "nodes_are_encrypted_spread_and_never_copied" {
  command = plan
  module {
    source = "./modules/cache"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.replication_group_id == "dev-millrace"
    error_message = "The replication group is called like the cluster, because the services' grants name it so."
  }
  assert {
    condition     = aws_elasticache_replication_group.this.num_cache_clusters == 2 && aws_elasticache_replication_group.this.multi_az_enabled && aws_elasticache_replication_group.this.automatic_failover_enabled
    error_message = "A primary and a replica stand in different zones, and the replica takes over."
  }
  assert {
    condition     = aws_elasticache_replication_group.this.transit_encryption_enabled && aws_elasticache_replication_group.this.transit_encryption_mode == "required"
    error_message = "Connections without TLS are refused."
  }
  assert {
    condition     = aws_elasticache_replication_group.this.at_rest_encryption_enabled == "true" && aws_elasticache_replication_group.this.kms_key_id == var.key_arn
    error_message = "The disks are encrypted with our key."
  }
  assert {
    condition     = aws_elasticache_replication_group.this.snapshot_retention_limit == 0 && length(aws_elasticache_replication_group.this.log_delivery_configuration) == 0
    error_message = "Nothing copies the visitor salt: no snapshots, no log of slow commands."
  }
  assert {
    condition     = aws_elasticache_parameter_group.this.family == "valkey8" && one(aws_elasticache_parameter_group.this.parameter).value == "volatile-ttl"
    error_message = "The parameter group is of the engine's family and lets short-lived keys go first."
  }
  assert {
    condition     = length(aws_elasticache_subnet_group.this.subnet_ids) == 3
    error_message = "The nodes stand in the data subnets of all zones."
  }
}

run "each_service_signs_in_with_iam_as_itself" {
  command = apply
  module {
    source = "./modules/cache"
  }

  assert {
    condition     = toset([for user in aws_elasticache_user.this : user.user_id]) == toset(["dev-millrace-analytics", "dev-millrace-dashboard"])
    error_message = "There is a user for each service that uses the cache, and no other; above all no default."
  }
  assert {
    condition     = alltrue([for user in aws_elasticache_user.this : user.user_name == user.user_id && user.authentication_mode[0].type == "iam"])
    error_message = "Users sign in with IAM, which wants their name to be their id."
  }
  assert {
    condition     = alltrue([for user in aws_elasticache_user.this : strcontains(user.access_string, "-@dangerous")])
    error_message = "No user may run dangerous commands."
  }
  assert {
    condition     = aws_elasticache_user_group.this.user_ids == toset(["dev-millrace-analytics", "dev-millrace-dashboard"])
    error_message = "The group holds all users."
  }
  assert {
    condition     = aws_elasticache_replication_group.this.user_group_ids == toset(["dev-millrace"])
    error_message = "The replication group knows the users of the group only."
  }
  assert {
    condition     = { for name, rule in aws_vpc_security_group_ingress_rule.service : name => rule.referenced_security_group_id } == { analytics = "sg-0000000000000000a", dashboard = "sg-0000000000000000d" }
    error_message = "Services with a user come in, and no other."
  }
  assert {
    condition     = output.port == 6379 && output.inventory["cache users"] == 2 && output.inventory["cache nodes"] == 2
    error_message = "The outputs tell what was built."
  }
}

run "a_single_zone_is_refused" {
  command = plan
  module {
    source = "./modules/cache"
  }
  variables {
    zones = { a = { name = "us-east-1a", data_subnet_id = "subnet-0000000000000000a" } }
  }
  expect_failures = [var.zones]
}

run "a_cache_without_a_replica_is_refused" {
  command = plan
  module {
    source = "./modules/cache"
  }
  variables {
    replicas = 0
  }
  expect_failures = [var.replicas]
}

run "redis_is_refused" {
  command = plan
  module {
    source = "./modules/cache"
  }
  variables {
    engine = "redis"
  }
  expect_failures = [var.engine]
}

run "a_major_version_alone_is_refused" {
  command = plan
  module {
    source = "./modules/cache"
  }
  variables {
    engine_version = "8"
  }
  expect_failures = [var.engine_version]
}

run "an_instance_class_of_another_service_is_refused" {
  command = plan
  module {
    source = "./modules/cache"
  }
  variables {
    node_type = "db.t4g.small"
  }
  expect_failures = [var.node_type]
}

run "a_service_without_a_security_group_is_refused" {
  command = plan
  module {
    source = "./modules/cache"
  }
  variables {
    security_group_ids = { analytics = "sg-0000000000000000a" }
  }
  expect_failures = [var.security_group_ids]
}

run "a_cache_that_nobody_uses_is_refused" {
  command = plan
  module {
    source = "./modules/cache"
  }
  variables {
    catalog = { environment = "dev", cluster = "dev-millrace", services = { order = { cache_user = null } } }
  }
  expect_failures = [var.catalog]
}
