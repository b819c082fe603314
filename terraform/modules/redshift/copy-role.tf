data "aws_partition" "current" {}

# What "COPY … IAM_ROLE default" takes to read the lake.
resource "aws_iam_role" "copy" {
  name               = "${var.catalog.cluster}-warehouse-copy"
  description        = "Redshift reads the lake of ${var.catalog.environment} with it"
  assume_role_policy = data.aws_iam_policy_document.copy_trust.json
}

data "aws_iam_policy_document" "copy_trust" {
  statement {
    sid     = "OnlyOurWarehouses"
    actions = ["sts:AssumeRole"]

    principals {
      type = "Service"
      # Redshift Serverless wants both names.
      identifiers = ["redshift-serverless.amazonaws.com", "redshift.amazonaws.com"]
    }

    # Redshift hands over the database user for whom it asks. The name of a workgroup's users holds an id that is known only
    # after the namespace, which wants the role; so the account is pinned, and not the workgroup.
    # Source: "Restricting access to IAM roles" in the Redshift management guide.
    condition {
      test     = "StringLike"
      variable = "sts:ExternalId"
      values   = ["arn:${data.aws_partition.current.partition}:redshift:${var.catalog.region}:${var.catalog.account}:dbuser:serverless-${var.catalog.account}-*/*"]
    }
  }
}

resource "aws_iam_role_policy" "copy" {
  name   = "read-the-lake"
  role   = aws_iam_role.copy.id
  policy = data.aws_iam_policy_document.copy.json
}

data "aws_iam_policy_document" "copy" {
  statement {
    sid       = "ListLake"
    actions   = ["s3:GetBucketLocation", "s3:ListBucket"]
    resources = [var.lake_bucket_arn]
  }

  statement {
    sid       = "ReadLake"
    actions   = ["s3:GetObject"]
    resources = ["${var.lake_bucket_arn}/*"]
  }

  statement {
    sid       = "UseLakeKey"
    actions   = ["kms:Decrypt"]
    resources = [var.lake_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.catalog.region}.${data.aws_partition.current.dns_suffix}"]
    }
  }
}
