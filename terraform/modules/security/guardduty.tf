# GuardDuty cannot look into a Fargate pod of EKS: there is no agent for it. What it sees is the cluster's audit log, the
# network, S3, logins to Aurora and what functions call. The README says what stands in its place.
resource "aws_guardduty_detector" "this" {
  #checkov:skip=CKV2_AWS_3:One account is built here; an organisation that watches several turns GuardDuty on for all of them above.
  for_each = local.on["guardduty"]

  enable                       = true
  finding_publishing_frequency = "FIFTEEN_MINUTES"
}

locals {
  guardduty_features = {
    EKS_AUDIT_LOGS      = "ENABLED"
    LAMBDA_NETWORK_LOGS = "ENABLED"
    RDS_LOGIN_EVENTS    = "ENABLED"
    S3_DATA_EVENTS      = "ENABLED"
    # There are no volumes of EC2. Nor are there agents, but RUNTIME_MONITORING is not named here: a new detector has it off,
    # and the provider would make it anew at every apply, for the settings of agents that AWS reports unasked.
    EBS_MALWARE_PROTECTION = "DISABLED"
  }
}

resource "aws_guardduty_detector_feature" "this" {
  for_each = merge([for detector in values(aws_guardduty_detector.this) : {
    for name, status in local.guardduty_features : name => { detector_id = detector.id, status = status }
  }]...)

  detector_id = each.value.detector_id
  name        = each.key
  status      = each.value.status
}
