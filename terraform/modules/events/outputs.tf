output "bus_arn" {
  description = "The bus of the environment."
  value       = aws_cloudwatch_event_bus.this.arn
}

output "queue_arns" {
  description = "The queues by subscription."
  value       = { for key, queue in aws_sqs_queue.queue : key => queue.arn }
}

output "dead_letter_queue_arns" {
  description = "The dead-letter queues by subscription."
  value       = { for key, queue in aws_sqs_queue.dead_letter : key => queue.arn }
}

output "rule_arns" {
  description = "The rules by subscription."
  value       = { for key, rule in aws_cloudwatch_event_rule.this : key => rule.arn }
}

output "notices_topic_arn" {
  description = "Where people hear of releases (argocd.notificationTopicArn of the platform contract)."
  value       = aws_sns_topic.notices.arn
}

output "notices_queue_arn" {
  description = "Where Argo CD puts its notices."
  value       = aws_sqs_queue.notices.arn
}

output "inventory" {
  description = "What is built here."
  value = {
    "event buses"        = 1
    archives             = length(aws_cloudwatch_event_archive.this)
    rules                = length(aws_cloudwatch_event_rule.this)
    queues               = length(aws_sqs_queue.queue) + 1
    "dead letter queues" = length(aws_sqs_queue.dead_letter) + length(aws_sqs_queue.bus_dead_letter) + 1
    pipes                = 1
    topics               = 1
    alarms = sum([for alarms in [
      aws_cloudwatch_metric_alarm.queue_age, aws_cloudwatch_metric_alarm.queue_depth, aws_cloudwatch_metric_alarm.dead_letters,
      aws_cloudwatch_metric_alarm.rule_failed, aws_cloudwatch_metric_alarm.rule_lost,
    ] : length(alarms)]) + 1
  }
}
