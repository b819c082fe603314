resource "aws_iam_role" "snapshot" {
  name               = local.snapshot_name
  description        = "The scheduler takes the warehouse's snapshots with it"
  assume_role_policy = data.aws_iam_policy_document.snapshot_trust.json
}

data "aws_iam_policy_document" "snapshot_trust" {
  statement {
    sid     = "OnlyOurSchedules"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.catalog.account]
    }

    # The scheduler names the group of a schedule here, not the schedule.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:scheduler:${var.catalog.region}:${var.catalog.account}:schedule-group/default"]
    }
  }
}

resource "aws_iam_role_policy" "snapshot" {
  name   = "take-snapshots"
  role   = aws_iam_role.snapshot.id
  policy = data.aws_iam_policy_document.snapshot.json
}

data "aws_iam_policy_document" "snapshot" {
  statement {
    sid     = "TakeSnapshots"
    actions = ["redshift-serverless:CreateSnapshot"]
    # AWS makes up the id of a snapshot, so no snapshot has a name before it is there.
    resources = [
      aws_redshiftserverless_namespace.this.arn,
      "arn:${data.aws_partition.current.partition}:redshift-serverless:${var.catalog.region}:${var.catalog.account}:snapshot/*",
    ]
  }

  statement {
    sid       = "SendDeadLetters"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.snapshot_dead_letters.arn]
  }

  # For the schedule's own input, and for the queue.
  statement {
    sid       = "UseKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.key_arn]
  }
}
