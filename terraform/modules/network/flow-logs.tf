resource "aws_flow_log" "this" {
  vpc_id               = aws_vpc.this.id
  traffic_type         = "ALL"
  log_destination_type = "cloud-watch-logs"
  log_destination      = aws_cloudwatch_log_group.flow.arn
  iam_role_arn         = aws_iam_role.flow.arn

  # Behind a NAT gateway only the pkt- fields say which pod it was.
  log_format = join(" ", [
    for field in [
      "version", "account-id", "interface-id", "srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr", "srcport", "dstport",
      "protocol", "packets", "bytes", "start", "end", "action", "flow-direction", "log-status",
    ] : "$${${field}}"
  ])

  tags = { Name = var.catalog.cluster }
}

# Visitors never reach an interface of the VPC themselves, CloudFront does: no visitor's address stands here.
resource "aws_cloudwatch_log_group" "flow" {
  #checkov:skip=CKV_AWS_338:How long logs are kept is a value of the environment; prod keeps them for a year.
  name              = "/aws/vpc/${var.catalog.cluster}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
}

resource "aws_iam_role" "flow" {
  name               = "${var.catalog.cluster}-flow-logs"
  description        = "Writes the flow logs of the VPC."
  assume_role_policy = data.aws_iam_policy_document.flow_trust.json
}

data "aws_iam_policy_document" "flow_trust" {
  statement {
    sid     = "FlowLogsOfThisAccount"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.catalog.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:ec2:${local.regional}:vpc-flow-log/*"]
    }
  }
}

resource "aws_iam_role_policy" "flow" {
  name   = "write-flow-logs"
  role   = aws_iam_role.flow.name
  policy = data.aws_iam_policy_document.flow.json
}

data "aws_iam_policy_document" "flow" {
  statement {
    sid       = "WriteOwnLogGroup"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = [aws_cloudwatch_log_group.flow.arn, "${aws_cloudwatch_log_group.flow.arn}:*"]
  }

  statement {
    sid       = "FindLogGroup"
    actions   = ["logs:DescribeLogGroups"]
    resources = ["arn:${local.partition}:logs:${local.regional}:log-group:*"]
  }
}
