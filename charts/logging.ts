import type { Platform } from '@millrace/catalog/platform.ts';
import type { Chart } from 'cdk8s';
import { ConfigMap } from 'cdk8s-plus-29';
import { addNamespaceObject, podSecurityLabels } from './namespace.ts';
import { checksumOf, waveAnnotation, waves } from './place.ts';

/** Where Fargate looks for the log router's settings. Source: EKS user guide, "Fargate logging". */
const loggingNamespace = 'aws-observability';
const loggingName = 'aws-logging';

/** Settings of Fargate's own Fluent Bit: it takes these keys only, filters and outputs of a short list, no variables. */
function loggingSettings({ region, telemetry }: Platform): Record<string, string> {
  return {
    flb_log_cw: 'false',
    'filters.conf': `[FILTER]
    Name parser
    Match kube.*
    Key_Name log
    Parser container
[FILTER]
    Name kubernetes
    Match kube.*
    Merge_Log On
    Keep_Log Off
    Buffer_Size 0
    Kube_Meta_Cache_TTL 300s
`,
    // Terraform makes a group for each namespace, with its key and its retention; the router only writes.
    'output.conf': `[OUTPUT]
    Name cloudwatch_logs
    Match kube.*
    region ${region}
    log_group_name ${telemetry.logGroup}
    log_group_template ${telemetry.logGroup}/$kubernetes['namespace_name']
    log_stream_prefix fargate-
    auto_create_group false
`,
    'parsers.conf': `[PARSER]
    Name container
    Format Regex
    Regex ^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>P|F) (?<log>.*)$
    Time_Key time
    Time_Format %Y-%m-%dT%H:%M:%S.%L%z
`,
  };
}

/** A pod takes the settings when it is made, so each carries this and is replaced when they change. */
export const loggingChecksum = (platform: Platform): string => checksumOf(loggingSettings(platform));

/** Adds the namespace and the settings; the labels are those of all cluster parts. */
export function addLogging(chart: Chart, platform: Platform, labels: Record<string, string>): void {
  addNamespaceObject(chart, {
    name: loggingNamespace,
    labels: { ...labels, ...podSecurityLabels(platform.cluster.version), 'aws-observability': 'enabled' },
  });
  new ConfigMap(chart, loggingName, {
    metadata: {
      name: loggingName,
      namespace: loggingNamespace,
      labels,
      annotations: { [waveAnnotation]: String(waves.config) },
    },
    data: loggingSettings(platform),
  });
}
