# Configuration that all services share: a folder which pods read and cannot write.
resource "aws_efs_file_system" "configuration" {
  creation_token   = "${var.catalog.cluster}-configuration"
  encrypted        = true
  kms_key_id       = var.efs_key_arn
  performance_mode = "generalPurpose"
  throughput_mode  = "elastic"

  lifecycle_policy {
    transition_to_ia = "AFTER_30_DAYS"
  }
  lifecycle_policy {
    transition_to_primary_storage_class = "AFTER_1_ACCESS"
  }

  tags = { Name = "${var.catalog.cluster}-configuration" }
}

resource "aws_efs_backup_policy" "configuration" {
  file_system_id = aws_efs_file_system.configuration.id
  backup_policy {
    status = "ENABLED"
  }
}

resource "aws_efs_access_point" "configuration" {
  file_system_id = aws_efs_file_system.configuration.id

  # The user of the pods; the folder is root's.
  posix_user {
    uid = 10001
    gid = 10001
  }
  root_directory {
    path = "/configuration"
    creation_info {
      owner_uid   = 0
      owner_gid   = 0
      permissions = "0755"
    }
  }

  tags = { Name = "${var.catalog.cluster}-configuration" }
}

resource "aws_efs_file_system_policy" "configuration" {
  file_system_id = aws_efs_file_system.configuration.id
  policy         = data.aws_iam_policy_document.configuration.json
}

# Fargate mounts without a role of IAM, so that everybody who reaches the mount targets may read by the access point. To
# write asks for ClientWrite, which no pod's role has: an administrator's role mounts with IAM.
data "aws_iam_policy_document" "configuration" {
  #checkov:skip=CKV_AWS_283:A mount without a role of IAM has no principal to name; the mount target and the access point are the conditions.
  statement {
    sid       = "ReadByAccessPoint"
    actions   = ["elasticfilesystem:ClientMount"]
    resources = [aws_efs_file_system.configuration.arn]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "elasticfilesystem:AccessedViaMountTarget"
      values   = ["true"]
    }
    condition {
      test     = "StringEquals"
      variable = "elasticfilesystem:AccessPointArn"
      values   = [aws_efs_access_point.configuration.arn]
    }
  }

  statement {
    sid    = "RefusePlainText"
    effect = "Deny"
    actions = [
      "elasticfilesystem:ClientMount",
      "elasticfilesystem:ClientRootAccess",
      "elasticfilesystem:ClientWrite",
    ]
    resources = [aws_efs_file_system.configuration.arn]
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

resource "aws_efs_mount_target" "configuration" {
  for_each = var.zones

  file_system_id  = aws_efs_file_system.configuration.id
  subnet_id       = each.value.app_subnet_id
  security_groups = [aws_security_group.configuration.id]
}

resource "aws_security_group" "configuration" {
  name        = "${var.catalog.cluster}-configuration"
  description = "Mount targets of the shared configuration"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.catalog.cluster}-configuration" }
}

locals {
  configuration_readers = merge({ cluster = var.cluster_security_group_id }, var.service_security_group_ids)
}

resource "aws_vpc_security_group_ingress_rule" "configuration" {
  for_each = local.configuration_readers

  security_group_id            = aws_security_group.configuration.id
  referenced_security_group_id = each.value
  description                  = "NFS from ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
}

# The cluster's group lets everything out already; the groups of services let out only what is named.
resource "aws_vpc_security_group_egress_rule" "configuration" {
  for_each = var.service_security_group_ids

  security_group_id            = each.value
  referenced_security_group_id = aws_security_group.configuration.id
  description                  = "NFS to the shared configuration"
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
}
