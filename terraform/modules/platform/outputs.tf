# The platform contract: catalog/platform.<env>.json has this shape, catalog/platform.ts says what each part means.
output "contract" {
  description = "What manifests need to know of what is built, for catalog/platform.<env>.json."

  precondition {
    condition     = can(regex("^arn:aws[a-z-]*:wafv2:${var.catalog.region}:${var.catalog.account}:.+", module.edge.web_acl_arn))
    error_message = "The load balancer has no web ACL of this account, so everybody would reach it past CloudFront. Give web_acl_arn of the module edge; ${var.catalog.environment} does not run without it."
  }

  precondition {
    condition     = can(regex("^arn:aws[a-z-]*:acm:${var.catalog.region}:${var.catalog.account}:certificate/.+", module.edge.certificate_arn))
    error_message = "The load balancer has no certificate of this account and region, so nobody could speak TLS to it. Give certificate_arn of the module edge; ${var.catalog.environment} does not run without it."
  }

  precondition {
    condition     = !module.aurora.is_public
    error_message = "An instance of Aurora has a public address. Set publicly_accessible to false in modules/aurora/cluster.tf; who needs the database from outside goes through the network, or the Data API."
  }

  value = {
    environment = var.catalog.environment
    account     = var.catalog.account
    region      = var.catalog.region
    registry    = module.security.registry
    cluster = {
      name            = module.eks.name
      version         = module.eks.version
      vpcId           = module.network.vpc_id
      securityGroupId = module.eks.cluster_security_group_id
      profileQuota    = var.eks.profile_quota
    }
    zones   = [for letter in sort(keys(module.network.zones)) : { name = module.network.zones[letter].name, subnetId = module.network.zones[letter].app_subnet_id, cidr = module.network.zones[letter].cidr }]
    vpcCidr = module.network.vpc_cidr
    edge = {
      certificateArn              = module.edge.certificate_arn
      wafAclArn                   = module.edge.web_acl_arn
      sslPolicy                   = module.edge.ssl_policy
      accessLogBucket             = module.edge.access_log_bucket
      loadBalancerSecurityGroupId = module.edge.load_balancer_security_group_id
    }
    aurora = {
      writer         = module.aurora.writer
      reader         = module.aurora.reader
      port           = module.aurora.port
      maxConnections = module.aurora.max_connections
      isPublic       = module.aurora.is_public
    }
    warehouse = { host = module.redshift.host, port = module.redshift.port, database = module.redshift.database }
    cache     = { host = module.cache.host, port = module.cache.port }
    identity = {
      issuerUrl = module.identity.issuer_url
      jwksUrl   = module.identity.jwks_url
      clientIds = [module.identity.client_ids.page]
    }
    telemetry = {
      otlpEndpoint = module.observability.otlp_endpoint
      logGroup     = module.observability.log_group
      metricsUrl   = module.observability.metrics_url
    }
    delivery = merge(
      { repository = var.delivery.repository, revision = var.delivery.revision },
      length(var.delivery.release_windows) == 0 ? {} : { releaseWindows = var.delivery.release_windows },
      length(var.delivery.signature_keys) == 0 ? {} : { signatureKeys = var.delivery.signature_keys },
    )
    argocd = {
      domain               = local.argocd_domain
      clientId             = module.identity.client_ids.argocd
      issuerUrl            = module.identity.issuer_url
      notificationTopicArn = module.events.notices_topic_arn
    }
    addOns = { for name, role in var.catalog.add_ons : name => { roleArn = module.irsa.role_arns[role] } }
    services = {
      for name, service in var.catalog.services : name => merge(
        { roleArn = module.irsa.role_arns[service.role], securityGroupId = module.edge.service_security_group_ids[name] },
        length(service.secrets) == 0 ? {} : { secrets = module.security.secret_arns[name] },
      )
    }
  }
}

output "inventory" {
  description = "How many of what each module builds."
  value = {
    aurora        = module.aurora.inventory
    cache         = module.cache.inventory
    delivery      = module.delivery.inventory
    edge          = module.edge.inventory
    eks           = module.eks.inventory
    events        = module.events.inventory
    identity      = module.identity.inventory
    irsa          = module.irsa.inventory
    network       = module.network.inventory
    observability = module.observability.inventory
    redshift      = module.redshift.inventory
    security      = module.security.inventory
    storage       = module.storage.inventory
  }
}

output "name_servers" {
  description = "The name servers of the environment's domain, for whoever keeps the domain above it."
  value       = module.edge.name_servers
}

output "release_role_arn" {
  description = "AWS_RELEASE_ROLE_ARN of the environment in the repository on GitHub."
  value       = module.delivery.release_role_arn
}

output "plan_role_arn" {
  description = "The role that may plan and change nothing."
  value       = module.delivery.plan_role_arn
}

output "grafana_url" {
  description = "Where dashboards of metrics are."
  value       = module.observability.grafana_url
}
