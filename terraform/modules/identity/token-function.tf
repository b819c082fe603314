# Cognito asks this function before it makes a token: it adds the scopes of the person's groups to the access token.
resource "aws_lambda_function" "token" {
  #checkov:skip=CKV_AWS_115:Every login waits for it; a cap of its own would turn people away.
  #checkov:skip=CKV_AWS_116:Cognito waits for the answer, and a failed login is tried again by the person: nothing is left for a dead-letter queue.
  #checkov:skip=CKV_AWS_117:It calls nothing, so there is no network to put it into.
  #checkov:skip=CKV_AWS_173:Its one variable is the list of our scopes, which is in the source too.
  #checkov:skip=CKV_AWS_272:It is packed from this repository by the pipeline that applies it; its hash is in the plan.
  function_name = "${var.catalog.cluster}-token"
  description   = "Adds the scopes of a person's groups to the access token"
  role          = aws_iam_role.token.arn

  filename         = var.token_function_zip
  source_code_hash = filebase64sha256(var.token_function_zip)
  handler          = "index.handler"
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  memory_size      = 256
  # Cognito waits no longer.
  timeout = 5

  environment {
    variables = { SCOPES = join(" ", sort(keys(local.scopes))) }
  }

  tracing_config {
    mode = "PassThrough"
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.token.name
    application_log_level = "INFO"
    system_log_level      = "WARN"
  }

  depends_on = [aws_iam_role_policy.token]
}

resource "aws_lambda_permission" "token" {
  statement_id   = "Cognito"
  function_name  = aws_lambda_function.token.function_name
  action         = "lambda:InvokeFunction"
  principal      = "cognito-idp.amazonaws.com"
  source_arn     = aws_cognito_user_pool.people.arn
  source_account = var.catalog.account
}

resource "aws_cloudwatch_log_group" "token" {
  name              = "/aws/lambda/${var.catalog.cluster}-token"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
}

resource "aws_iam_role" "token" {
  name               = "${var.catalog.cluster}-token-function"
  description        = "The function that adds scopes to tokens: it writes its log, and may nothing else"
  assume_role_policy = data.aws_iam_policy_document.token_trust.json
}

data "aws_iam_policy_document" "token_trust" {
  statement {
    sid     = "Lambda"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "token" {
  name   = "log"
  role   = aws_iam_role.token.id
  policy = data.aws_iam_policy_document.token.json
}

data "aws_iam_policy_document" "token" {
  statement {
    sid       = "WriteOwnLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.token.arn}:log-stream:*"]
  }
}
