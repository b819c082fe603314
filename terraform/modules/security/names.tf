data "aws_partition" "current" {}

locals {
  partition = data.aws_partition.current.partition

  # "arn:aws:<service>:<region>:<account>" is this prefix with a service in it.
  arn_of = { for service in ["cloudtrail", "events", "logs", "sns", "sqs"] :
    service => "arn:${local.partition}:${service}:${var.catalog.region}:${var.catalog.account}"
  }

  known_detectors = toset(["access-analyzer", "cloudtrail", "config", "guardduty", "securityhub"])

  # Each detector as a set of one or none, for the for_each of what belongs to it.
  on = { for name in local.known_detectors : name => setintersection(var.detectors, [name]) }

  # Built from names: the bucket encrypts with a key of this module, the trail watches the bucket.
  documents_bucket_arn = "arn:${local.partition}:s3:::${var.catalog.cluster}-documents-${var.catalog.account}"
  trail_arn            = "${local.arn_of["cloudtrail"]}:trail/${var.catalog.cluster}"
}
