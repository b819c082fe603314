# What the catalog grants, with the names that only AWS gives put in.
locals {
  key_prefix = "/^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:/"

  grants = {
    for name, role in var.catalog.roles : name => [
      for grant in role.grants : merge(grant, {
        resources = [
          for resource in grant.resources : lookup(
            var.key_arns,
            replace(resource, local.key_prefix, ""),
            replace(
              replace(
                replace(resource, var.catalog.placeholders.aurora, var.aurora_resource_id),
                var.catalog.placeholders.warehouse, var.warehouse_workgroup_id
              ),
              var.catalog.placeholders.metrics, var.metrics_workspace_id
            ),
          )
        ]
      })
    ]
  }
}

data "aws_iam_policy_document" "grants" {
  for_each = local.grants

  dynamic "statement" {
    for_each = each.value

    content {
      sid       = statement.value.sid
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.conditions

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

# Inline, because a policy belongs to one role and goes with it; a list of rights may be 10,240 characters long there.
resource "aws_iam_role_policy" "grants" {
  for_each = data.aws_iam_policy_document.grants

  name   = each.key
  role   = aws_iam_role.service_account[each.key].name
  policy = each.value.json

  lifecycle {
    precondition {
      condition     = length(jsonencode(jsondecode(each.value.json))) <= 10240
      error_message = "The rights of ${each.key} are longer than IAM takes (10,240 characters). Group resources in catalog/least-privilege.ts."
    }
  }
}

# What somebody adds by hand is drift, and the next apply takes it away.
resource "aws_iam_role_policies_exclusive" "grants" {
  for_each = var.catalog.roles

  role_name    = aws_iam_role.service_account[each.key].name
  policy_names = [aws_iam_role_policy.grants[each.key].name]
}

resource "aws_iam_role_policy_attachments_exclusive" "none" {
  for_each = var.catalog.roles

  role_name   = aws_iam_role.service_account[each.key].name
  policy_arns = []
}
