locals {
  interfaces  = "arn:${local.partition}:ec2:${local.account}:network-interface/*"
  subnet_arns = [for id in var.subnet_ids : "arn:${local.partition}:ec2:${local.account}:subnet/${id}"]
}

# How the build gets into the subnets.
data "aws_iam_policy_document" "bootstrap_network" {
  # AWS knows no resource for what describes a network.
  statement {
    sid = "SeeTheNetwork"
    actions = [
      "ec2:DescribeDhcpOptions",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSubnets",
      "ec2:DescribeVpcs",
    ]
    resources = ["*"]
  }

  # AWS numbers network interfaces when they are made; the subnets and the security group are named.
  statement {
    sid     = "JoinTheNetwork"
    actions = ["ec2:CreateNetworkInterface"]
    resources = concat(
      [local.interfaces, aws_security_group.bootstrap.arn],
      local.subnet_arns,
    )
  }

  statement {
    sid       = "LeaveTheNetwork"
    actions   = ["ec2:DeleteNetworkInterface"]
    resources = [local.interfaces]

    condition {
      test     = "ArnEquals"
      variable = "ec2:Subnet"
      values   = local.subnet_arns
    }
  }

  statement {
    sid       = "LendTheInterfaceToCodeBuild"
    actions   = ["ec2:CreateNetworkInterfacePermission"]
    resources = [local.interfaces]

    condition {
      test     = "StringEquals"
      variable = "ec2:AuthorizedService"
      values   = ["codebuild.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "ec2:Subnet"
      values   = local.subnet_arns
    }
  }
}

resource "aws_iam_role_policy" "bootstrap_network" {
  name   = "network"
  role   = aws_iam_role.bootstrap.name
  policy = data.aws_iam_policy_document.bootstrap_network.json
}

resource "aws_security_group" "bootstrap" {
  name        = local.bootstrap
  description = "The build that puts Argo CD into the cluster. Nobody reaches it."
  vpc_id      = var.vpc_id

  tags = { Name = local.bootstrap }
}

# GitHub, the registries of npm and of charts, and services of AWS without an endpoint have no fixed addresses.
resource "aws_vpc_security_group_egress_rule" "bootstrap_https" {
  security_group_id = aws_security_group.bootstrap.id
  description       = "HTTPS: the repository, packages, charts, the API server, AWS."
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

# The cluster's group is EKS's own; the module edge gives it the rules for services, this one is for the bootstrap alone. The
# endpoints of the VPC admit the application subnets already.
resource "aws_vpc_security_group_ingress_rule" "api_server" {
  security_group_id            = var.cluster_security_group_id
  description                  = "The bootstrap of Argo CD reaches the API server."
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.bootstrap.id

  tags = { Name = local.bootstrap }
}
