variables {
  catalog = {
    environment = "dev"
    cluster     = "dev-millrace"
    region      = "us-east-1"
    account     = "123456789012"
    zone_count  = 3
    roles = {
      dev-millrace-order = {
        grants = [{ actions = ["sqs:ReceiveMessage", "kms:Decrypt"] }, { actions = ["s3:PutObject"] }]
      }
    }
  }
  vpc_cidr           = "10.0.0.0/16"
  nat_zones          = ["a"]
  logs_key_arn       = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000001"
  log_retention_days = 14
}

run "addresses_are_those_of_the_plan" {
  command = plan

  module { source = "./modules/network" }

  assert {
    condition     = [for zone in ["a", "b", "c"] : aws_subnet.app[zone].cidr_block] == ["10.0.16.0/20", "10.0.32.0/20", "10.0.48.0/20"]
    error_message = "The app subnets have other addresses than the platform contract."
  }

  assert {
    condition     = [for zone in ["a", "b", "c"] : aws_subnet.public[zone].cidr_block] == ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]
    error_message = "The public subnets have other addresses."
  }

  assert {
    condition     = [for zone in ["a", "b", "c"] : aws_subnet.data[zone].cidr_block] == ["10.0.8.0/24", "10.0.9.0/24", "10.0.10.0/24"]
    error_message = "The data subnets have other addresses."
  }

  assert {
    condition     = [for zone in ["a", "b", "c"] : aws_subnet.app[zone].availability_zone] == ["us-east-1a", "us-east-1b", "us-east-1c"]
    error_message = "A letter stands for another zone."
  }

  assert {
    condition     = alltrue([for subnet in concat(values(aws_subnet.public), values(aws_subnet.app), values(aws_subnet.data)) : subnet.map_public_ip_on_launch == false])
    error_message = "A subnet hands out public addresses."
  }

  assert {
    condition     = alltrue([for subnet in values(aws_subnet.public) : subnet.tags["kubernetes.io/role/elb"] == "1"]) && alltrue([for subnet in values(aws_subnet.app) : subnet.tags["kubernetes.io/role/internal-elb"] == "1"])
    error_message = "The load balancer controller finds no subnets."
  }

  assert {
    condition     = aws_vpc.this.enable_dns_support && aws_vpc.this.enable_dns_hostnames
    error_message = "Fargate and private DNS need both DNS settings."
  }

  assert {
    condition = output.inventory == {
      "VPCs" = 1, "subnets" = 9, "route tables" = 5, "NAT gateways" = 1, "interface endpoints" = 13, "gateway endpoints" = 1, "flow logs" = 1
    }
    error_message = "The module builds something else: ${jsonencode(output.inventory)}"
  }
}

run "every_part_is_where_it_belongs" {
  command = apply

  module { source = "./modules/network" }

  assert {
    condition     = alltrue([for route in values(aws_route.app) : route.nat_gateway_id == aws_nat_gateway.this["a"].id])
    error_message = "A zone without a NAT gateway has no way out."
  }

  assert {
    condition     = toset(keys(aws_vpc_endpoint.interface)) == toset(["ecr.api", "ecr.dkr", "secretsmanager", "logs", "sts", "kms", "sqs", "events", "ec2", "elasticloadbalancing", "xray", "aps-workspaces", "redshift-data"])
    error_message = "The endpoints are not those that the platform promises."
  }

  assert {
    condition     = alltrue([for endpoint in values(aws_vpc_endpoint.interface) : endpoint.private_dns_enabled && length(endpoint.subnet_ids) == 3])
    error_message = "An endpoint does not answer in every zone under the service's own name."
  }

  assert {
    condition     = length(aws_vpc_endpoint.s3.route_table_ids) == 4
    error_message = "S3 is reached from the three app tables and the data table."
  }

  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && startswith(aws_flow_log.this.log_format, "$${version} $${account-id} ") && aws_cloudwatch_log_group.flow.kms_key_id == var.logs_key_arn
    error_message = "Not all traffic is logged, or the log is not encrypted with the key."
  }

  assert {
    condition     = output.zones["b"].cidr == "10.0.32.0/20" && output.zones["b"].data_cidr == "10.0.9.0/24" && output.zones["b"].app_subnet_id == aws_subnet.app["b"].id
    error_message = "The output names another subnet for zone b."
  }
}

run "endpoints_admit_the_account_and_the_granted_actions" {
  command = apply

  module { source = "./modules/network" }

  assert {
    condition = alltrue(flatten([
      for name, endpoint in aws_vpc_endpoint.interface : [
        for statement in jsondecode(endpoint.policy).Statement :
        try(statement.Condition.StringEquals["aws:PrincipalAccount"], "") == "123456789012" || statement.Action == "sts:AssumeRoleWithWebIdentity"
      ]
    ]))
    error_message = "Principals of another account may use an endpoint."
  }

  assert {
    condition     = alltrue([for endpoint in values(aws_vpc_endpoint.interface) : !strcontains(endpoint.policy, "\"Action\":\"*\"") && !strcontains(endpoint.policy, ":*\",\"Effect\"")])
    error_message = "An endpoint's policy allows every action."
  }

  assert {
    condition     = toset([for name, endpoint in aws_vpc_endpoint.interface : name if strcontains(endpoint.policy, "OwnPrincipalsAnyResource")]) == toset(["ecr.api", "ecr.dkr", "ec2", "elasticloadbalancing", "xray", "redshift-data"])
    error_message = "Other endpoints than those whose actions know no resource leave it open."
  }

  assert {
    condition     = contains(jsondecode(aws_vpc_endpoint.interface["sqs"].policy).Statement[0].Action, "sqs:ReceiveMessage")
    error_message = "An action that a role is granted does not pass its endpoint."
  }

  assert {
    condition     = jsondecode(aws_vpc_endpoint.interface["sts"].policy).Statement[0].Resource == "arn:aws:iam::123456789012:role/*" && length(jsondecode(aws_vpc_endpoint.interface["sts"].policy).Statement) == 1
    error_message = "Service accounts cannot take roles of this account, or of others too."
  }

  assert {
    condition     = contains(jsondecode(aws_vpc_endpoint.s3.policy).Statement[1].Resource, "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*") && jsondecode(aws_vpc_endpoint.s3.policy).Statement[1].Action == "s3:GetObject"
    error_message = "Image layers cannot be read, or more than read."
  }

  assert {
    condition     = contains(jsondecode(aws_vpc_endpoint.s3.policy).Statement[0].Action, "s3:PutObject") && jsondecode(aws_vpc_endpoint.s3.policy).Statement[0].Condition.StringEquals["aws:ResourceAccount"] == "123456789012"
    error_message = "A granted action on a bucket does not pass, or buckets of others are reached."
  }
}

run "each_zone_may_have_its_nat_gateway" {
  command = apply

  module { source = "./modules/network" }

  variables {
    nat_zones = ["a", "b", "c"]
  }

  assert {
    condition     = alltrue([for zone in ["a", "b", "c"] : aws_route.app[zone].nat_gateway_id == aws_nat_gateway.this[zone].id])
    error_message = "A zone depends on another's NAT gateway."
  }
}

run "a_wrong_size_is_refused" {
  command = plan

  module { source = "./modules/network" }

  variables {
    vpc_cidr = "10.0.0.0/20"
  }

  expect_failures = [var.vpc_cidr]
}

run "public_addresses_are_refused" {
  command = plan

  module { source = "./modules/network" }

  variables {
    vpc_cidr = "11.0.0.0/16"
  }

  expect_failures = [var.vpc_cidr]
}

run "an_overlap_is_refused" {
  command = plan

  module { source = "./modules/network" }

  variables {
    reserved_cidrs = ["10.0.64.0/18"]
  }

  expect_failures = [aws_vpc.this]
}

run "a_nat_gateway_in_no_zone_is_refused" {
  command = plan

  module { source = "./modules/network" }

  variables {
    nat_zones = ["d"]
  }

  expect_failures = [var.nat_zones]
}

run "prod_without_a_nat_gateway_in_each_zone_is_refused" {
  command = plan

  module { source = "./modules/network" }

  variables {
    catalog = {
      environment = "prod", cluster = "prod-millrace", region = "us-east-1", account = "123456789012", zone_count = 3, roles = {}
    }
  }

  expect_failures = [var.nat_zones]
}

run "a_single_zone_is_refused" {
  command = plan

  module { source = "./modules/network" }

  variables {
    catalog = {
      environment = "dev", cluster = "dev-millrace", region = "us-east-1", account = "123456789012", zone_count = 1, roles = {}
    }
  }

  expect_failures = [var.catalog]
}

run "an_alias_of_a_key_and_a_strange_retention_are_refused" {
  command = plan

  module { source = "./modules/network" }

  variables {
    logs_key_arn       = "arn:aws:kms:us-east-1:123456789012:alias/dev-millrace-logs"
    log_retention_days = 15
  }

  expect_failures = [var.logs_key_arn, var.log_retention_days]
}

run "a_zone_without_a_control_plane_is_refused" {
  command = plan

  module { source = "./modules/network" }

  # What AWS says where us-east-1c is use1-az3.
  override_data {
    target          = data.aws_availability_zones.here
    values          = { names = ["us-east-1a", "us-east-1b"] }
    override_during = plan
  }

  expect_failures = [aws_subnet.public]
}
