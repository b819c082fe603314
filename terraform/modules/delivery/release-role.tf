# Builds or promotes images, and signs them: reads and pushes in this environment's repositories, and reads in those of the
# environment before. Keys of ECR need no right here: ECR uses them by a grant of its own.
locals {
  read_images = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:DescribeImages",
    "ecr:GetDownloadUrlForLayer",
  ]
  push_images = [
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
  ]

  previous_repositories = var.previous_registry == null ? {} : {
    (var.previous_registry.environment) = [
      for service in values(var.catalog.services) :
      "arn:${local.partition}:ecr:${var.catalog.region}:${var.previous_registry.account}:repository/${service.repository}"
    ]
  }
}

data "aws_iam_policy_document" "release" {
  # AWS knows no resource for this action: the token is for the registry, and opens what the other statements name.
  statement {
    sid       = "LogIn"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "ReadAndPushOwnImages"
    actions   = concat(local.read_images, local.push_images)
    resources = values(var.repository_arns)
  }

  dynamic "statement" {
    for_each = local.previous_repositories

    content {
      sid       = "ReadImagesOf${title(statement.key)}"
      actions   = local.read_images
      resources = statement.value
    }
  }
}

resource "aws_iam_role" "release" {
  name               = "${var.catalog.cluster}-release"
  description        = "Taken by workflows of ${var.github_repository} in GitHub's environment ${var.catalog.environment}."
  assume_role_policy = data.aws_iam_policy_document.github_trust["release"].json

  depends_on = [aws_iam_openid_connect_provider.github]
}

resource "aws_iam_role_policy" "release" {
  name   = "images"
  role   = aws_iam_role.release.name
  policy = data.aws_iam_policy_document.release.json
}
