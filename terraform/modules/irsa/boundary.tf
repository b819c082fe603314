# The outer limit of every role of the cluster: the actions that the catalog knows at all, on resources of this account and
# region. A policy that is one day attached by mistake gives no more than that, whatever stands in it.
locals {
  granted = flatten([for role in values(var.catalog.roles) : role.grants])
  named   = [for grant in local.granted : grant if !contains(grant.resources, "*")]
  unnamed = [for grant in local.granted : grant if contains(grant.resources, "*")]

  # ARNs that name a region are widened to all of that service here; others, such as those of S3 and IAM, stay as they are.
  bounds = {
    for service in distinct([for action in flatten(local.named[*].actions) : split(":", action)[0]]) : service => {
      actions = sort(distinct([
        for action in flatten(local.named[*].actions) : action if startswith(action, "${service}:")
      ]))
      resources = sort(distinct(flatten([
        for grant in local.named : [
          for resource in grant.resources :
          split(":", resource)[3] == "" ? resource : join(":", concat(slice(split(":", resource), 0, 5), ["*"]))
        ] if anytrue([for action in grant.actions : startswith(action, "${service}:")])
      ])))
    }
  }

  unbounded = sort(distinct(flatten(local.unnamed[*].actions)))
}

data "aws_iam_policy_document" "boundary" {
  dynamic "statement" {
    for_each = local.bounds

    content {
      sid       = "Within${replace(title(replace(statement.key, "-", " ")), " ", "")}"
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }

  # For these AWS knows no resource; the grants of the catalog that hold them say so, each with its reason.
  dynamic "statement" {
    for_each = length(local.unbounded) > 0 ? { WithoutResource = local.unbounded } : {}

    content {
      sid       = statement.key
      actions   = statement.value
      resources = ["*"]
    }
  }
}

resource "aws_iam_policy" "boundary" {
  name        = "${var.catalog.environment}-millrace-boundary"
  description = "The outer limit of every role that a service account takes."
  policy      = data.aws_iam_policy_document.boundary.json

  lifecycle {
    precondition {
      condition     = length(jsonencode(jsondecode(data.aws_iam_policy_document.boundary.json))) <= 6144
      error_message = "The permission boundary is longer than IAM takes (6,144 characters). Split it in modules/irsa/boundary.tf: one for services, one for add-ons."
    }
  }
}
