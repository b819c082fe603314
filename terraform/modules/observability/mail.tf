resource "aws_sesv2_configuration_set" "this" {
  configuration_set_name = var.catalog.cluster

  delivery_options {
    tls_policy = "REQUIRE"
  }
  reputation_options {
    reputation_metrics_enabled = true
  }
  sending_options {
    sending_enabled = true
  }
  suppression_options {
    suppressed_reasons = ["BOUNCE", "COMPLAINT"]
  }
}

# The services put no tags on their mails, so all of them count under the default value.
resource "aws_sesv2_configuration_set_event_destination" "metrics" {
  configuration_set_name = aws_sesv2_configuration_set.this.configuration_set_name
  event_destination_name = "metrics"

  event_destination {
    enabled              = true
    matching_event_types = ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY"]

    cloud_watch_destination {
      dimension_configuration {
        dimension_name          = "environment"
        dimension_value_source  = "MESSAGE_TAG"
        default_dimension_value = var.catalog.environment
      }
    }
  }
}

# Whoever sends in the name of an identity with a set of its own needs ses:SendEmail on both.
resource "aws_sesv2_email_identity" "domain" {
  email_identity         = var.catalog.domain
  configuration_set_name = aws_sesv2_configuration_set.this.configuration_set_name

  dkim_signing_attributes {
    next_signing_key_length = "RSA_2048_BIT"
  }
}

# Bounces go to a subdomain that is ours, so that SPF speaks of our domain; without its records SES uses its own.
resource "aws_sesv2_email_identity_mail_from_attributes" "domain" {
  email_identity         = aws_sesv2_email_identity.domain.email_identity
  mail_from_domain       = "mail.${var.catalog.domain}"
  behavior_on_mx_failure = "USE_DEFAULT_VALUE"
}

# SES always makes three keys; their names come with the identity.
resource "aws_route53_record" "dkim" {
  for_each = toset(["0", "1", "2"])

  zone_id = var.zone_id
  name    = "${element(aws_sesv2_email_identity.domain.dkim_signing_attributes[0].tokens, tonumber(each.key))}._domainkey.${var.catalog.domain}"
  type    = "CNAME"
  ttl     = 1800
  records = ["${element(aws_sesv2_email_identity.domain.dkim_signing_attributes[0].tokens, tonumber(each.key))}.dkim.amazonses.com"]
}

# Waits until SES has seen the records, which the domain's delegation to the zone has to precede. Cognito takes no identity
# that is not verified.
resource "aws_ses_domain_identity_verification" "domain" {
  domain = aws_sesv2_email_identity.domain.email_identity

  depends_on = [aws_route53_record.dkim]
}

resource "aws_route53_record" "mail" {
  for_each = {
    "mx"    = { name = "mail.${var.catalog.domain}", type = "MX", value = "10 feedback-smtp.${var.catalog.region}.amazonses.com" }
    "spf"   = { name = "mail.${var.catalog.domain}", type = "TXT", value = "v=spf1 include:amazonses.com -all" }
    "dmarc" = { name = "_dmarc.${var.catalog.domain}", type = "TXT", value = "v=DMARC1; p=quarantine; adkim=s; aspf=r" }
  }

  zone_id = var.zone_id
  name    = each.value.name
  type    = each.value.type
  ttl     = 1800
  records = [each.value.value]
}
