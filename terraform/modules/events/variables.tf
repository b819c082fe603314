variable "catalog" {
  description = "What the catalog asks of the bus: subscriptions (rule, queue, dead-letter queue), who publishes what, and the way of Argo CD's notices."
  type = object({
    environment = string
    cluster     = string
    account     = string
    region      = string
    bus         = object({ name = string, arn = string, archive = string, archive_retention_days = number })
    notices     = object({ queue = string, queue_key = string, topic = string })
    publishers  = map(object({ role_arn = string, sources = list(string), events = list(string) }))
    subscriptions = map(object({
      consumer                      = string
      event                         = string
      bus                           = string
      rule                          = string
      pattern                       = string
      queue                         = string
      queue_arn                     = string
      queue_key                     = string
      dead_letter_queue             = string
      dead_letter_queue_arn         = string
      visibility_seconds            = number
      max_receives                  = number
      queue_retention_seconds       = number
      dead_letter_retention_seconds = number
    }))
  })

  validation {
    condition     = alltrue([for s in var.catalog.subscriptions : contains([var.catalog.bus.name, "default"], s.bus)])
    error_message = "A subscription names a bus that is neither the environment's own nor the account's default one. Run node catalog/outputs.ts again."
  }
  validation {
    condition     = alltrue([for s in var.catalog.subscriptions : can(jsondecode(s.pattern)) && length(s.pattern) <= 2048])
    error_message = "A pattern has to be JSON of at most 2,048 letters, or EventBridge refuses its rule. Shorten the subscription's filter in the catalog."
  }
  validation {
    condition     = alltrue([for s in var.catalog.subscriptions : length(s.rule) <= 64 && length(s.dead_letter_queue) <= 80])
    error_message = "A rule's name may have 64 letters and a queue's 80. Shorten the name of the service or of the event."
  }
  validation {
    condition     = alltrue([for s in var.catalog.subscriptions : s.dead_letter_retention_seconds >= s.queue_retention_seconds])
    error_message = "A dead-letter queue has to keep messages at least as long as its queue: a moved message keeps the time of its first arrival and would be gone at once. Raise deadLetterRetentionDays."
  }
  validation {
    condition = alltrue(flatten([
      for s in var.catalog.subscriptions : [
        for seconds in [s.queue_retention_seconds, s.dead_letter_retention_seconds] : seconds >= 60 && seconds <= 1209600
      ]
    ]))
    error_message = "SQS keeps messages between 60 seconds and 14 days (1,209,600 seconds). Mend the retention of the subscription."
  }
  validation {
    condition     = alltrue([for s in var.catalog.subscriptions : s.max_receives >= 3 && s.max_receives <= 5])
    error_message = "A message is tried 3 to 5 times before it goes to the dead-letter queue. Mend maxReceives of the subscription."
  }
  validation {
    condition     = alltrue([for s in var.catalog.subscriptions : s.visibility_seconds >= 1 && s.visibility_seconds <= 43200])
    error_message = "A message may be hidden for at most 12 hours (43,200 seconds). Mend visibilitySeconds of the subscription."
  }
  validation {
    condition = alltrue(concat(
      [for s in var.catalog.subscriptions : split(":", s.queue_arn)[4] == var.catalog.account],
      [for p in var.catalog.publishers : split(":", p.role_arn)[4] == var.catalog.account],
      [split(":", var.catalog.bus.arn)[4] == var.catalog.account],
    ))
    error_message = "An ARN is of another account than catalog.account. Set the account in catalog/environments.ts and run node catalog/outputs.ts."
  }
}

variable "key_arns" {
  description = "ARNs of the keys by alias. Queues and dead-letter queues use their consumer's key, the notices the key of the releases."
  type        = map(string)

  validation {
    condition = alltrue([
      for alias in concat([for s in var.catalog.subscriptions : s.queue_key], [var.catalog.notices.queue_key]) :
      contains(keys(var.key_arns), alias)
    ])
    error_message = "A queue's key is missing in key_arns. The security module has to make a key for each alias of catalog.keys."
  }
}

variable "bus_encryption" {
  description = "Who owns the bus's key: \"aws\" (then there is an archive, under bus_key_arn) or \"customer\" (the bus under bus_key_arn, and no archive)."
  type        = string

  validation {
    condition     = contains(["aws", "customer"], var.bus_encryption)
    error_message = "bus_encryption is \"aws\" (with an archive) or \"customer\" (without one)."
  }
  validation {
    condition     = var.bus_encryption == "customer" || var.catalog.bus.archive_retention_days >= 1
    error_message = "A bus under AWS's key keeps an archive, of one day at least. Raise archiveRetentionDays in catalog/environments.ts, or set bus_encryption to \"customer\"."
  }
}

variable "bus_key_arn" {
  description = "The key of the bus (\"customer\") or of its archive (\"aws\"). EventBridge has to be allowed to use it."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.bus_key_arn))
    error_message = "bus_key_arn is the ARN of a KMS key, not its alias: arn:aws:kms:<region>:<account>:key/<id>."
  }
}

variable "inbox_days" {
  description = "How long a consumer remembers the events that it has applied (inboxDays in catalog/service.ts)."
  type        = number
  default     = 30

  validation {
    condition     = var.inbox_days >= 1
    error_message = "A consumer that remembers nothing applies events twice: inbox_days is one at least."
  }
}

variable "alerts_topic_arn" {
  description = "The topic that alarms are sent to."
  type        = string
}

variable "notice_emails" {
  description = "Who is told of releases by mail. Each confirms once, by the link that SNS sends."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.notice_emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "notice_emails has something that is no e-mail address."
  }
}

variable "alarm_thresholds" {
  description = "From which age of the oldest message, and from how many waiting messages on, a queue is late."
  type        = object({ oldest_message_seconds = optional(number, 900), messages = optional(number, 1000) })
  default     = {}

  validation {
    condition     = var.alarm_thresholds.oldest_message_seconds >= 60 && var.alarm_thresholds.messages >= 1
    error_message = "A queue is late after 60 seconds at the earliest, and with one message at least."
  }
}
