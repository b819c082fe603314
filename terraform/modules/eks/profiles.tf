locals {
  # Which profiles take a pod of each service's namespace, for each set of labels that a profile asks for. EKS's wildcards
  # are * and ?; a pod matches a selector when the namespace does and all its labels do.
  labels = distinct(flatten([
    for profile in values(var.catalog.fargate_profiles) : [for selector in profile.selectors : jsonencode(selector.labels)]
  ]))
  claims = {
    for pair in setproduct([for service in values(var.catalog.services) : service.namespace], local.labels) :
    "${pair[0]} ${pair[1]}" => [
      for name, profile in var.catalog.fargate_profiles : name if anytrue([
        for selector in profile.selectors :
        can(regex("^${replace(replace(selector.namespace, "*", ".*"), "?", ".")}$", pair[0])) &&
        alltrue([for key, value in selector.labels : contains([for k, v in jsondecode(pair[1]) : "${k}=${v}"], "${key}=${value}")])
      ])
    ]
  }
}

# A profile cannot be changed, and deleting one stops its pods, which name it in a label. So its name ends in a hash of what
# it selects: a change is another profile, and retiring_profiles keeps the old one until no pod names it (README.md). EKS makes
# and deletes one at a time; the provider waits for its turn. "create_before_destroy" would not help here: Terraform orders a
# replacement under the same key by it, and here the key is new.
resource "aws_eks_fargate_profile" "profile" {
  for_each = merge(var.retiring_profiles, var.catalog.fargate_profiles)

  cluster_name           = aws_eks_cluster.cluster.name
  fargate_profile_name   = each.key
  pod_execution_role_arn = aws_iam_role.pod_execution.arn
  subnet_ids             = [for zone in each.value.zones : var.zones[zone].app_subnet_id]

  dynamic "selector" {
    for_each = each.value.selectors

    content {
      namespace = selector.value.namespace
      labels    = selector.value.labels
    }
  }

  timeouts {
    create = "20m"
    delete = "20m"
  }

  depends_on = [
    aws_iam_role_policy.pod_logs,
    aws_iam_role_policy_attachment.pod_execution,
  ]

  lifecycle {
    precondition {
      condition     = alltrue([for profiles in values(local.claims) : length(profiles) <= 1])
      error_message = "Two Fargate profiles take the same pods: ${join("; ", [for pod, profiles in local.claims : "${pod} by ${join(" and ", profiles)}" if length(profiles) > 1])}. EKS would choose by name. Narrow one in catalog/profiles.ts."
    }

    precondition {
      condition = alltrue([
        for service in values(var.catalog.services) :
        anytrue([for pod, profiles in local.claims : startswith(pod, "${service.namespace} ") && length(profiles) == 1])
      ])
      error_message = "No Fargate profile takes the pods of a service's namespace, so they would stay Pending. Add one in catalog/profiles.ts."
    }
  }
}
