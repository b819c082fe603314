locals {
  databases     = { for name, service in var.catalog.services : name => service.database if service.database != null }
  function_name = "${var.catalog.cluster}-databases"
}

# Makes the databases and the roles of the catalog, over the Data API. It changes nothing that is as it should be.
resource "aws_lambda_function" "databases" {
  #checkov:skip=CKV_AWS_116:Terraform alone calls it, and waits for the answer: what fails, fails the apply.
  #checkov:skip=CKV_AWS_117:It talks to the Data API and not to the cluster's network.
  #checkov:skip=CKV_AWS_272:Its code comes from this repository, by the same review as this file; nobody else writes functions here.
  function_name    = local.function_name
  description      = "Makes the database and the role of each service"
  role             = aws_iam_role.databases.arn
  filename         = var.function_zip
  source_code_hash = filebase64sha256(var.function_zip)
  handler          = "index.handler"
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  memory_size      = 256
  timeout          = 120
  kms_key_arn      = var.key_arn

  # Two calls at once would make the same role twice.
  reserved_concurrent_executions = 1

  environment {
    variables = {
      CLUSTER_ARN = aws_rds_cluster.this.arn
      SECRET_ARN  = aws_rds_cluster.this.master_user_secret[0].secret_arn
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.databases.name
  }

  tracing_config {
    mode = "Active"
  }

  # Lambda tries whether the role may send traces when the function is made.
  depends_on = [aws_iam_role_policy.databases]
}

resource "aws_cloudwatch_log_group" "databases" {
  name              = "/aws/lambda/${local.function_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
}

resource "aws_lambda_invocation" "databases" {
  function_name = aws_lambda_function.databases.function_name
  input         = jsonencode({ databases = values(local.databases) })

  # A new cluster, and a new version of the function, start from what is there.
  triggers = {
    cluster = aws_rds_cluster.this.cluster_resource_id
    code    = aws_lambda_function.databases.source_code_hash
  }

  # The Data API answers only when there is a writer.
  depends_on = [aws_rds_cluster_instance.this]
}
