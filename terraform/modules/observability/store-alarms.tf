locals {
  # ElastiCache numbers the nodes of a replication group whose cluster mode is off.
  cache_nodes = [for number in range(1, var.cache_node_count + 1) : format("%s-%03d", var.cache_replication_group, number)]

  aurora   = { namespace = "AWS/RDS", dimensions = { DBClusterIdentifier = var.aurora_cluster_id } }
  redshift = { namespace = "AWS/Redshift-Serverless", dimensions = { Workgroup = var.redshift_workgroup } }
  mail     = { namespace = "AWS/SES", dimensions = {} }
  rules    = { namespace = "AWS/Prometheus", dimensions = { Workspace = aws_prometheus_workspace.this.id } }

  # Each is breached when the value is above the limit in all of so many periods of five minutes.
  store_alarms = merge(
    {
      "aurora-capacity"        = merge(local.aurora, { metric = "ACUUtilization", statistic = "Average", limit = 90, periods = 3, says = "Aurora is at its largest capacity. Look for slow statements; then raise capacity.max." })
      "aurora-connections"     = merge(local.aurora, { metric = "DatabaseConnections", statistic = "Maximum", limit = floor(var.aurora_max_connections * 0.8), periods = 2, says = "Four fifths of Aurora's connections are taken." })
      "aurora-replica-lag"     = merge(local.aurora, { metric = "AuroraReplicaLagMaximum", statistic = "Maximum", limit = 1000, periods = 2, says = "The reader is more than a second behind the writer." })
      "aurora-transaction-ids" = merge(local.aurora, { metric = "MaximumUsedTransactionIDs", statistic = "Maximum", limit = 1000000000, periods = 1, says = "Half of the transaction ids are used up: autovacuum does not keep up, and at two thousand million the database stops." })
      # An hour at the limit: shorter is what the limit is for.
      "redshift-capacity"           = merge(local.redshift, { metric = "ComputeCapacity", statistic = "Average", limit = var.redshift_max_capacity - 1, periods = 12, says = "The warehouse works at its largest capacity for an hour." })
      "mail-bounces"                = merge(local.mail, { metric = "Reputation.BounceRate", statistic = "Maximum", limit = 0.04, periods = 1, says = "Too many mails bounce: SES reviews the account from 5 percent on." })
      "mail-complaints"             = merge(local.mail, { metric = "Reputation.ComplaintRate", statistic = "Maximum", limit = 0.0008, periods = 1, says = "Too many readers complain: SES reviews the account from 0.1 percent on." })
      "prometheus-alerts-not-sent"  = merge(local.rules, { metric = "AlertManagerNotificationsFailed", statistic = "Sum", limit = 0, periods = 1, says = "Prometheus could not send alerts. Look at the policy and the key of the alerts' topic." })
      "prometheus-alerts-throttled" = merge(local.rules, { metric = "AlertManagerNotificationsThrottled", statistic = "Sum", limit = 0, periods = 1, says = "Prometheus held alerts back because there are too many." })
    },
    merge([for node in local.cache_nodes : {
      for name, alarm in {
        cpu            = { metric = "EngineCPUUtilization", statistic = "Average", limit = 80, periods = 3, says = "The engine's one thread is busy on ${node}." }
        memory         = { metric = "DatabaseMemoryUsagePercentage", statistic = "Maximum", limit = 80, periods = 2, says = "The memory of ${node} fills up." }
        evictions      = { metric = "Evictions", statistic = "Sum", limit = 0, periods = 1, says = "${node} throws keys away before their time: sessions and the visitors' salt are among them." }
        authentication = { metric = "AuthenticationFailures", statistic = "Sum", limit = 5, periods = 1, says = "Somebody cannot sign in to ${node}." }
      } : "cache-${node}-${name}" => merge(alarm, { namespace = "AWS/ElastiCache", dimensions = { CacheClusterId = node } })
    }]...),
  )
}

resource "aws_cloudwatch_metric_alarm" "store" {
  for_each = local.store_alarms

  alarm_name          = "${var.catalog.cluster}-${each.key}"
  alarm_description   = each.value.says
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = each.value.periods
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.limit
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]
}
