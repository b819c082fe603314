variables {
  catalog = {
    environment = "dev"
    account     = "111122223333"
    region      = "us-east-1"
    placeholders = {
      aurora    = "<aurora-resource-id>"
      warehouse = "<warehouse-workgroup-id>"
      metrics   = "<metrics-workspace-id>"
    }
    services = {
      order = { role = "dev-millrace-order" }
    }
    roles = {
      dev-millrace-order = {
        arn             = "arn:aws:iam::111122223333:role/dev-millrace-order"
        namespace       = "order"
        service_account = "order"
        subject         = "system:serviceaccount:order:order"
        audience        = "sts.amazonaws.com"
        grants = [
          {
            sid        = "ReceiveOwnMessages"
            actions    = ["sqs:DeleteMessage", "sqs:ReceiveMessage"]
            resources  = ["arn:aws:sqs:us-east-1:111122223333:dev-millrace-order-PaymentFailed"]
            conditions = []
          },
          {
            sid       = "UseQueueKey"
            actions   = ["kms:Decrypt"]
            resources = ["arn:aws:kms:us-east-1:111122223333:alias/dev-millrace-queues-order"]
            conditions = [
              { test = "StringEquals", variable = "kms:ViaService", values = ["sqs.us-east-1.amazonaws.com"] }
            ]
          },
          {
            sid        = "ConnectToOwnDatabase"
            actions    = ["rds-db:connect"]
            resources  = ["arn:aws:rds-db:us-east-1:111122223333:dbuser:<aurora-resource-id>/order"]
            conditions = []
          },
          {
            sid        = "ReadOwnBucket"
            actions    = ["s3:GetObject"]
            resources  = ["arn:aws:s3:::dev-millrace-products-111122223333/product/*"]
            conditions = []
          },
        ]
      }
      dev-millrace-adot-collector = {
        arn             = "arn:aws:iam::111122223333:role/dev-millrace-adot-collector"
        namespace       = "opentelemetry"
        service_account = "adot-collector"
        subject         = "system:serviceaccount:opentelemetry:adot-collector"
        audience        = "sts.amazonaws.com"
        grants = [
          {
            sid        = "WriteTraces"
            actions    = ["xray:PutTraceSegments"]
            resources  = ["*"]
            conditions = []
            wildcard   = "X-Ray knows no resource."
          },
          {
            sid        = "WriteMetrics"
            actions    = ["aps:RemoteWrite"]
            resources  = ["arn:aws:aps:us-east-1:111122223333:workspace/<metrics-workspace-id>"]
            conditions = []
          },
        ]
      }
    }
  }
  oidc_provider_arn      = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABC"
  oidc_issuer            = "oidc.eks.us-east-1.amazonaws.com/id/ABC"
  key_arns               = { "alias/dev-millrace-queues-order" = "arn:aws:kms:us-east-1:111122223333:key/1111" }
  aurora_resource_id     = "cluster-ABCDEF"
  warehouse_workgroup_id = "wg-1"
  metrics_workspace_id   = "ws-1"
}

run "roles_trust_one_service_account" {
  command = plan
  module {
    source = "./modules/irsa"
  }

  assert {
    condition     = output.inventory["service account roles"] == 2
    error_message = "One role for each of the catalog's roles."
  }

  assert {
    condition = jsondecode(aws_iam_role.service_account["dev-millrace-order"].assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "oidc.eks.us-east-1.amazonaws.com/id/ABC:sub" = "system:serviceaccount:order:order"
        "oidc.eks.us-east-1.amazonaws.com/id/ABC:aud" = "sts.amazonaws.com"
      }
    }
    error_message = "Trust takes sub and aud, nothing else."
  }
}

run "policies_are_the_grants" {
  command = plan
  module {
    source = "./modules/irsa"
  }

  assert {
    condition = [
      for statement in jsondecode(output.policies["dev-millrace-order"]).Statement : [statement.Sid, statement.Resource]
      ] == [
      ["ReceiveOwnMessages", "arn:aws:sqs:us-east-1:111122223333:dev-millrace-order-PaymentFailed"],
      ["UseQueueKey", "arn:aws:kms:us-east-1:111122223333:key/1111"],
      ["ConnectToOwnDatabase", "arn:aws:rds-db:us-east-1:111122223333:dbuser:cluster-ABCDEF/order"],
      ["ReadOwnBucket", "arn:aws:s3:::dev-millrace-products-111122223333/product/*"],
    ]
    error_message = "Statements are the grants, with the key for its alias and the id for its placeholder."
  }

  assert {
    condition     = jsondecode(output.policies["dev-millrace-order"]).Statement[1].Condition == { StringEquals = { "kms:ViaService" = "sqs.us-east-1.amazonaws.com" } }
    error_message = "Conditions are those of the grants."
  }

  assert {
    condition     = toset(aws_iam_role_policies_exclusive.grants["dev-millrace-order"].policy_names) == toset(["dev-millrace-order"])
    error_message = "No other inline policy stays."
  }
}

run "the_boundary_is_all_that_the_catalog_knows" {
  command = plan
  module {
    source = "./modules/irsa"
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Sid => statement.Resource
      } == {
      WithinSqs       = "arn:aws:sqs:us-east-1:111122223333:*"
      WithinKms       = "arn:aws:kms:us-east-1:111122223333:*"
      WithinRdsDb     = "arn:aws:rds-db:us-east-1:111122223333:*"
      WithinS3        = "arn:aws:s3:::dev-millrace-products-111122223333/product/*"
      WithinAps       = "arn:aws:aps:us-east-1:111122223333:*"
      WithoutResource = "*"
    }
    error_message = "One statement for each service, on this account and region."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Action if statement.Resource == "*"
    ] == ["xray:PutTraceSegments"]
    error_message = "Only what has no resource stands for all."
  }
}

run "refuses_a_key_that_is_not_there" {
  command = plan
  module {
    source = "./modules/irsa"
  }
  variables {
    key_arns = {}
  }
  expect_failures = [var.key_arns]
}

run "refuses_the_account_of_another_environment" {
  command = plan
  module {
    source = "./modules/irsa"
  }
  variables {
    catalog = {
      environment  = "dev"
      account      = "111122223333"
      region       = "us-east-1"
      placeholders = { aurora = "<a>", warehouse = "<w>", metrics = "<m>" }
      services     = {}
      roles = {
        dev-millrace-keda = {
          arn             = "arn:aws:iam::111122223333:role/dev-millrace-keda"
          namespace       = "keda"
          service_account = "keda-operator"
          subject         = "system:serviceaccount:keda:keda-operator"
          audience        = "sts.amazonaws.com"
          grants = [
            {
              sid        = "ReadQueueDepth"
              actions    = ["sqs:GetQueueAttributes"]
              resources  = ["arn:aws:sqs:us-east-1:777788889999:prod-millrace-order-PaymentFailed"]
              conditions = []
            }
          ]
        }
      }
    }
  }
  expect_failures = [var.catalog]
}

run "refuses_an_action_of_everything" {
  command = plan
  module {
    source = "./modules/irsa"
  }
  variables {
    catalog = {
      environment  = "dev"
      account      = "111122223333"
      region       = "us-east-1"
      placeholders = { aurora = "<a>", warehouse = "<w>", metrics = "<m>" }
      services     = {}
      roles = {
        dev-millrace-keda = {
          arn             = "arn:aws:iam::111122223333:role/dev-millrace-keda"
          namespace       = "keda"
          service_account = "keda-operator"
          subject         = "system:serviceaccount:keda:keda-operator"
          audience        = "sts.amazonaws.com"
          grants = [
            {
              sid        = "AllQueues"
              actions    = ["sqs:*"]
              resources  = ["arn:aws:sqs:us-east-1:111122223333:dev-millrace-order-PaymentFailed"]
              conditions = []
            }
          ]
        }
      }
    }
  }
  expect_failures = [var.catalog]
}

run "refuses_an_issuer_with_a_scheme" {
  command = plan
  module {
    source = "./modules/irsa"
  }
  variables {
    oidc_issuer = "https://oidc.eks.us-east-1.amazonaws.com/id/ABC"
  }
  expect_failures = [var.oidc_issuer]
}
