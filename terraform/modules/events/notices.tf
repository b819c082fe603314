# Argo CD's notices of releases: Argo CD puts them into a queue, a pipe carries each to the topic that people subscribe to.
locals {
  notices = {
    key_arn               = var.key_arns[var.catalog.notices.queue_key]
    queue_arn             = local.notice_arns["sqs"]
    dead_letter_queue     = "${var.catalog.notices.queue}-dlq"
    dead_letter_queue_arn = "${local.notice_arns["sqs"]}-dlq"
    topic_arn             = local.notice_arns["sns"]
    pipe_arn              = local.notice_arns["pipes"]
  }
  notice_arns = {
    for service, name in {
      sqs   = var.catalog.notices.queue
      sns   = var.catalog.notices.topic
      pipes = "pipe/${var.catalog.notices.queue}"
    } : service => join(":", ["arn", data.aws_partition.current.partition, service, var.catalog.region, var.catalog.account, name])
  }
}

resource "aws_sqs_queue" "notices" {
  name                       = var.catalog.notices.queue
  kms_master_key_id          = local.notices.key_arn
  message_retention_seconds  = 345600
  visibility_timeout_seconds = 60
  receive_wait_time_seconds  = 20

  redrive_policy = jsonencode({
    deadLetterTargetArn = local.notices.dead_letter_queue_arn
    maxReceiveCount     = 5
  })

  depends_on = [aws_sqs_queue.notices_dead_letter]
}

resource "aws_sqs_queue" "notices_dead_letter" {
  name                      = local.notices.dead_letter_queue
  kms_master_key_id         = local.notices.key_arn
  message_retention_seconds = local.longest_retention_seconds

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.notices.queue_arn]
  })
}

# Argo CD's role and the pipe's have their own policies; the queues only refuse what comes in the open.
data "aws_iam_policy_document" "notices_queue" {
  for_each = toset([local.notices.queue_arn, local.notices.dead_letter_queue_arn])

  statement {
    sid       = "DenyPlaintext"
    effect    = "Deny"
    actions   = local.queue_actions
    resources = [each.key]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "notices" {
  queue_url = aws_sqs_queue.notices.id
  policy    = data.aws_iam_policy_document.notices_queue[local.notices.queue_arn].json
}

resource "aws_sqs_queue_policy" "notices_dead_letter" {
  queue_url = aws_sqs_queue.notices_dead_letter.id
  policy    = data.aws_iam_policy_document.notices_queue[local.notices.dead_letter_queue_arn].json
}

resource "aws_sns_topic" "notices" {
  name              = var.catalog.notices.topic
  display_name      = "Releases of ${var.catalog.environment}"
  kms_master_key_id = local.notices.key_arn
  signature_version = 2
}

data "aws_iam_policy_document" "notices_topic" {
  statement {
    sid       = "PublishFromPipe"
    actions   = ["sns:Publish"]
    resources = [local.notices.topic_arn]

    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.notices.arn]
    }
  }

  statement {
    sid       = "DenyPlaintext"
    effect    = "Deny"
    actions   = ["sns:Publish", "sns:Subscribe"]
    resources = [local.notices.topic_arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sns_topic_policy" "notices" {
  arn    = aws_sns_topic.notices.arn
  policy = data.aws_iam_policy_document.notices_topic.json
}

resource "aws_sns_topic_subscription" "notices" {
  for_each = var.notice_emails

  topic_arn = aws_sns_topic.notices.arn
  protocol  = "email"
  endpoint  = each.key
}

data "aws_iam_policy_document" "notices_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["pipes.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.catalog.account]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.notices.pipe_arn]
    }
  }
}

data "aws_iam_policy_document" "notices_pipe" {
  statement {
    sid       = "TakeNotices"
    actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = [local.notices.queue_arn]
  }

  statement {
    sid       = "TellPeople"
    actions   = ["sns:Publish"]
    resources = [local.notices.topic_arn]
  }

  statement {
    sid       = "UseKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [local.notices.key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["sqs.${var.catalog.region}.amazonaws.com", "sns.${var.catalog.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "notices" {
  name               = "${var.catalog.cluster}-notices-pipe"
  description        = "The pipe that carries Argo CD's notices to people."
  assume_role_policy = data.aws_iam_policy_document.notices_trust.json
}

resource "aws_iam_role_policy" "notices" {
  name   = "carry-notices"
  role   = aws_iam_role.notices.id
  policy = data.aws_iam_policy_document.notices_pipe.json
}

# A pipe keeps no events: only its template is stored, so it needs no key.
resource "aws_pipes_pipe" "notices" {
  name          = var.catalog.notices.queue
  description   = "Argo CD's notices of releases, from the queue to the topic."
  desired_state = "RUNNING"
  role_arn      = aws_iam_role.notices.arn
  source        = local.notices.queue_arn
  target        = local.notices.topic_arn

  source_parameters {
    sqs_queue_parameters {
      batch_size = 1
    }
  }

  # People read the text, not the envelope of SQS.
  target_parameters {
    input_template = "<$.body>"
  }

  # EventBridge tries both ends when the pipe is made.
  depends_on = [aws_iam_role_policy.notices, aws_sqs_queue_policy.notices, aws_sns_topic_policy.notices]
}
