locals {
  rotation_name = "${var.catalog.cluster}-rotation"
  secret_keys   = toset([for secret in values(local.secrets) : secret.key])
}

resource "aws_lambda_function" "rotation" {
  #checkov:skip=CKV_AWS_115:One secret rotates at a time. Reserved concurrency fails in a new account, whose whole quota is ten.
  #checkov:skip=CKV_AWS_117:It talks to Secrets Manager alone, with its role; a network of ours would add nothing but a way in.
  #checkov:skip=CKV_AWS_272:The zip is built from this repository by who applies Terraform; a signature by the same hands proves nothing.
  function_name    = local.rotation_name
  description      = "Gives the services' secrets new values."
  role             = aws_iam_role.rotation.arn
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  handler          = "index.handler"
  filename         = var.rotation_zip
  source_code_hash = filebase64sha256(var.rotation_zip)
  memory_size      = 256
  timeout          = 30

  dead_letter_config {
    target_arn = aws_sqs_queue.undelivered.arn
  }

  tracing_config {
    mode = "Active"
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.rotation.name
  }

  # Lambda tries the role when the function is made.
  depends_on = [aws_iam_role_policy.rotation]
}

resource "aws_cloudwatch_log_group" "rotation" {
  name              = "/aws/lambda/${local.rotation_name}"
  kms_key_id        = local.platform_key_arns["logs"]
  retention_in_days = var.catalog.log_retention_days
}

resource "aws_lambda_permission" "rotation" {
  statement_id   = "SecretsManagerRotates"
  function_name  = aws_lambda_function.rotation.function_name
  action         = "lambda:InvokeFunction"
  principal      = "secretsmanager.amazonaws.com"
  source_account = var.catalog.account
}

resource "aws_iam_role" "rotation" {
  name               = local.rotation_name
  description        = "What the rotation function may do."
  assume_role_policy = data.aws_iam_policy_document.rotation_trust.json
}

data "aws_iam_policy_document" "rotation_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "rotation" {
  name   = "rotation"
  role   = aws_iam_role.rotation.id
  policy = data.aws_iam_policy_document.rotation.json
}

data "aws_iam_policy_document" "rotation" {
  statement {
    sid = "RotateTheSecrets"
    actions = [
      "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecretVersionStage",
    ]
    resources = [for secret in aws_secretsmanager_secret.this : secret.arn]
  }

  statement {
    sid       = "UseTheirKeys"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [for alias in local.secret_keys : local.key_arns[alias]]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.catalog.region}.amazonaws.com"]
    }
  }

  statement {
    sid       = "KeepFailedCalls"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.undelivered.arn]
  }

  statement {
    sid       = "UseTheQueuesKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [local.platform_key_arns["alerts"]]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["sqs.${var.catalog.region}.amazonaws.com"]
    }
  }

  statement {
    sid       = "WriteOwnLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.rotation.arn}:log-stream:*"]
  }

  statement {
    sid     = "SendTraces"
    actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    # X-Ray knows no resource for these two.
    resources = ["*"]
  }
}
