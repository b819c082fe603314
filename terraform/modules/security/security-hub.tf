locals {
  standards = {
    cis = "cis-aws-foundations-benchmark/v/3.0.0"
    pci = "pci-dss/v/4.0.1"
  }
}

resource "aws_securityhub_account" "this" {
  for_each = local.on["securityhub"]

  # The standards are the two below. A failed control is one finding, however many standards ask for it.
  enable_default_standards  = false
  control_finding_generator = "SECURITY_CONTROL"
  auto_enable_controls      = true

  # Its controls read what Config records.
  depends_on = [aws_config_configuration_recorder_status.this]
}

resource "aws_securityhub_standards_subscription" "this" {
  for_each = { for name, ruleset in local.standards : name => ruleset if contains(var.detectors, "securityhub") }

  standards_arn = "arn:${local.partition}:securityhub:${var.catalog.region}::standards/${each.value}"

  depends_on = [aws_securityhub_account.this]
}
