locals {
  bootstrap     = "${var.catalog.cluster}-bootstrap"
  bootstrap_arn = "arn:${local.partition}:codebuild:${local.account}:project/${local.bootstrap}"
}

resource "aws_cloudwatch_log_group" "bootstrap" {
  name              = "/aws/codebuild/${local.bootstrap}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
}

# Reaches the private endpoint of the cluster without a bastion or a VPN. Started by hand, once:
# aws codebuild start-build --project-name <env>-millrace-bootstrap
resource "aws_codebuild_project" "bootstrap" {
  name                   = local.bootstrap
  description            = "Puts Argo CD into ${var.catalog.cluster}, which then keeps itself and all else from Git."
  service_role           = aws_iam_role.bootstrap.arn
  build_timeout          = 60
  queued_timeout         = 30
  concurrent_build_limit = 1

  # The build keeps nothing but its log; were it ever to keep something, then by this key.
  encryption_key = var.logs_key_arn

  source {
    type = "NO_SOURCE"
    buildspec = yamlencode({
      version = "0.2"
      env     = { shell = "bash" }
      phases = {
        install = { "runtime-versions" = { nodejs = "24" } }
        # In a shell of its own, so that its settings do not reach CodeBuild's.
        build = { commands = ["(\n${file("${path.module}/bootstrap.sh")}\n)"] }
      }
    })
  }

  artifacts {
    type = "NO_ARTIFACTS"
  }

  environment {
    type            = "LINUX_CONTAINER"
    compute_type    = "BUILD_GENERAL1_SMALL"
    image           = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
    privileged_mode = false

    dynamic "environment_variable" {
      for_each = {
        CLUSTER      = var.catalog.cluster
        ENVIRONMENT  = var.catalog.environment
        REPOSITORY   = var.repository_url
        REVISION     = var.revision
        HELM_VERSION = var.helm_version
      }

      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }

    dynamic "environment_variable" {
      for_each = var.repository_secret == null ? {} : { REPOSITORY_TOKEN = var.repository_secret.arn }

      content {
        name  = environment_variable.key
        value = environment_variable.value
        type  = "SECRETS_MANAGER"
      }
    }
  }

  vpc_config {
    vpc_id             = var.vpc_id
    subnets            = var.subnet_ids
    security_group_ids = [aws_security_group.bootstrap.id]
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.bootstrap.name
    }
  }

  # CodeBuild tries its rights on the network when the project is made.
  depends_on = [aws_iam_role_policy.bootstrap, aws_iam_role_policy.bootstrap_network]
}
