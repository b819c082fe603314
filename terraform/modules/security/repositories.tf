locals {
  registry = "${var.catalog.account}.dkr.ecr.${var.catalog.region}.amazonaws.com"

  # Only where another environment follows.
  read_by_next = { for service, repository in aws_ecr_repository.this : service => repository.name if var.next_release_role_arn != null }
}

resource "aws_ecr_repository" "this" {
  for_each = var.catalog.services

  name                 = each.value.repository
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = local.platform_key_arns["ecr"]
  }
}

# Images have tags and stay. What has none is left over from a push, or a signature: those refer to their image without
# a tag, and promotion checks them. So it stays longer than any image waits for its promotion.
resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "What has no tag goes after a year."
      selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 365 }
      action       = { type = "expire" }
    }]
  })
}

resource "aws_ecr_repository_policy" "next" {
  for_each = local.read_by_next

  repository = each.value
  policy     = data.aws_iam_policy_document.next.json
}

# The role is named in a condition, because a principal must exist already and the next environment is built later.
data "aws_iam_policy_document" "next" {
  #checkov:skip=CKV_AWS_356:A repository's policy is about that repository, and AWS takes no resource in it.
  statement {
    sid = "NextEnvironmentCopiesImages"
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer",
    ]
    principals {
      type        = "AWS"
      identifiers = [for arn in local.next_roles : "arn:${local.partition}:iam::${split(":", arn)[4]}:root"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = local.next_roles
    }
  }
}

locals {
  next_roles = toset(compact([var.next_release_role_arn]))
}
