locals {
  subscriptions_of = {
    for name, service in var.catalog.services : name => { for key, s in var.catalog.subscriptions : key => s if s.consumer == name }
  }

  # Each is a row of two; a service without queues has no row of queues.
  service_widgets = {
    for name, service in var.catalog.services : name => concat(
      [
        {
          type = "text", x = 0, y = 0, width = 24, height = 2
          properties = {
            markdown = "## ${name} in ${var.catalog.environment}\nOwner: ${service.owner}. Workloads: ${join(", ", [for key, w in service.workloads : "${key} × ${w.replicas}"])}. Requests and times are in Grafana."
          }
        },
        {
          type = "metric", x = 0, y = 2, width = 12, height = 6
          properties = {
            title   = "Errors and warnings"
            region  = var.catalog.region
            view    = "timeSeries"
            stat    = "Sum"
            period  = 300
            metrics = [for level in keys(local.log_levels) : [local.metric_namespace, "${name}-${level}"]]
          }
        },
        {
          type = "log", x = 12, y = 2, width = 12, height = 6
          properties = {
            title  = "Last errors"
            region = var.catalog.region
            view   = "table"
            query  = "SOURCE '${local.log_root}/${service.namespace}' | fields @timestamp, name, level, msg | filter level in [\"error\", \"fatal\"] | sort @timestamp desc | limit 50"
          }
        },
      ],
      [for widget in [
        {
          type = "metric", x = 0, y = 8, width = 12, height = 6
          properties = {
            title   = "Age of the oldest message, in seconds"
            region  = var.catalog.region
            view    = "timeSeries"
            stat    = "Maximum"
            period  = 60
            metrics = [for s in local.subscriptions_of[name] : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", s.queue]]
          }
        },
        {
          type = "metric", x = 12, y = 8, width = 12, height = 6
          properties = {
            title   = "Dead letters"
            region  = var.catalog.region
            view    = "timeSeries"
            stat    = "Maximum"
            period  = 60
            metrics = [for s in local.subscriptions_of[name] : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", s.dead_letter_queue]]
          }
        },
      ] : widget if length(local.subscriptions_of[name]) > 0],
    )
  }

  overview_graphs = [
    { title = "Errors of services", stat = "Sum", metrics = [for name in keys(var.catalog.services) : [local.metric_namespace, "${name}-errors"]] },
    { title = "Age of the oldest message, in seconds", stat = "Maximum", metrics = [for s in var.catalog.subscriptions : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", s.queue]] },
    { title = "Dead letters", stat = "Maximum", metrics = [for s in var.catalog.subscriptions : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", s.dead_letter_queue]] },
    { title = "Aurora: used capacity in percent", stat = "Average", metrics = [["AWS/RDS", "ACUUtilization", "DBClusterIdentifier", var.aurora_cluster_id]] },
    { title = "Aurora: connections", stat = "Maximum", metrics = [["AWS/RDS", "DatabaseConnections", "DBClusterIdentifier", var.aurora_cluster_id]] },
    { title = "Warehouse: capacity in RPUs", stat = "Average", metrics = [["AWS/Redshift-Serverless", "ComputeCapacity", "Workgroup", var.redshift_workgroup]] },
    { title = "Cache: memory in percent", stat = "Maximum", metrics = [for node in local.cache_nodes : ["AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "CacheClusterId", node]] },
    { title = "The cluster refused", stat = "Sum", metrics = [for name in keys(local.cluster_counts) : [local.metric_namespace, name]] },
  ]
}

resource "aws_cloudwatch_dashboard" "service" {
  for_each = local.service_widgets

  dashboard_name = "${var.catalog.cluster}-${each.key}"
  dashboard_body = jsonencode({ widgets = each.value })
}

resource "aws_cloudwatch_dashboard" "overview" {
  dashboard_name = var.catalog.cluster
  dashboard_body = jsonencode({
    widgets = concat(
      [{
        type = "alarm", x = 0, y = 0, width = 24, height = 4
        properties = {
          title  = "Errors of services"
          alarms = [for name in keys(var.catalog.services) : "${local.arn_of["cloudwatch"]}:alarm:${var.catalog.cluster}-${name}-error-logs"]
        }
      }],
      [for index, graph in local.overview_graphs : {
        type       = "metric", x = index % 2 * 12, y = 4 + floor(index / 2) * 6, width = 12, height = 6
        properties = merge(graph, { region = var.catalog.region, view = "timeSeries", period = 300 })
      } if length(graph.metrics) > 0],
    )
  })
}
