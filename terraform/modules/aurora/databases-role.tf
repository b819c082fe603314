resource "aws_iam_role" "databases" {
  name               = local.function_name
  description        = "The function that makes the databases of ${var.catalog.environment}"
  assume_role_policy = data.aws_iam_policy_document.databases_trust.json
}

data "aws_iam_policy_document" "databases_trust" {
  statement {
    sid     = "OnlyLambda"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "databases" {
  name   = "make-databases"
  role   = aws_iam_role.databases.id
  policy = data.aws_iam_policy_document.databases.json
}

data "aws_iam_policy_document" "databases" {
  statement {
    sid       = "RunSql"
    actions   = ["rds-data:ExecuteStatement"]
    resources = [aws_rds_cluster.this.arn]
  }

  statement {
    sid       = "SignInAsMaster"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_rds_cluster.this.master_user_secret[0].secret_arn]
  }

  statement {
    sid       = "ReadMasterPassword"
    actions   = ["kms:Decrypt"]
    resources = [var.key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.catalog.region}.${data.aws_partition.current.dns_suffix}"]
    }
  }

  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.databases.arn}:*"]
  }

  statement {
    sid     = "WriteTraces"
    actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    # X-Ray knows no resources for these two.
    resources = ["*"]
  }
}
