import type { Environment } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import type { EventContract } from '@millrace/catalog/event.ts';
import { podSize } from '@millrace/catalog/fargate.ts';
import { roleName } from '@millrace/catalog/names.ts';
import { slicesOf } from '@millrace/catalog/profiles.ts';
import type { Access, Service, Workload } from '@millrace/catalog/service.ts';
import { eventsOf, isCanary } from '@millrace/catalog/service.ts';
import { code, eventAnchor, eventHeading, listed, page, table } from './markdown.ts';
import type { Edge, FlowNode } from './mermaid.ts';
import { flowchart } from './mermaid.ts';

/** What a service's role may do: actions on ARNs, under conditions. */
export interface GrantRow {
  actions: readonly string[];
  resources: readonly string[];
  conditions: readonly string[];
}

interface Catalog {
  services: readonly Service[];
  environments: Readonly<Record<string, Environment>>;
  /** By service. */
  grants: ReadonlyMap<string, readonly GrantRow[]>;
}

/** The page of all services: what each is for, what it runs, what it may touch and how big it is where. */
export function servicesPage({ services, environments, grants }: Catalog): string {
  return page([
    '# Services',
    'All of this follows from [catalog/services.ts](../../catalog/services.ts). Events in full: [events](events.md).',
    '## Who touches what',
    accessFlow(services),
    '## All services',
    table(
      ['service', 'owner', 'what it is for', 'workloads', 'database'],
      services.map((service) => [
        `[${service.name}](#${service.name})`,
        service.owner,
        service.purpose,
        listed(Object.keys(service.workloads)),
        service.database ? `its own, ${service.database.poolSize} connections a process` : '',
      ]),
    ),
    '## Sizes by environment',
    'Pods that always run, and what Fargate provisions for them. What that costs: `make cost`.',
    sizesTable(services),
    '## Environments',
    table(
      ['environment', 'domain', 'region', 'zones', 'logs are kept'],
      Object.values(environments).map(({ name, domain, region, zoneCount, logRetentionDays }) => [
        name,
        code(domain),
        region,
        String(zoneCount),
        `${logRetentionDays} days`,
      ]),
    ),
    '## Each service',
    ...services.flatMap((service) => serviceSection(service, grants.get(service.name) ?? [])),
  ]);
}

function serviceSection(service: Service, grants: readonly GrantRow[]): string[] {
  const eventLink = (contract: EventContract): string =>
    `[${eventHeading(contract)}](events.md${eventAnchor(contract)})`;
  return [
    `### ${service.name}`,
    service.purpose,
    table(
      ['workload', 'size', 'replicas: dev, staging, prod', 'grows', 'routes'],
      Object.entries(service.workloads).map(([name, workload]) => workloadRow(name, workload)),
    ),
    [
      `- publishes: ${listed(service.publishes.map(eventLink))}`,
      `- consumes: ${listed(service.consumes.map((each) => eventsOf(each).map(eventLink).join(' with ')))}`,
      `- touches: ${listed(service.access.map(accessWords))}`,
      `- remembers what it consumed for ${service.inboxDays} days`,
    ].join('\n'),
    ...(grants.length > 0 ? grantsPart(service, grants) : []),
  ];
}

const grantsPart = (service: Service, grants: readonly GrantRow[]): string[] => [
  `Its role ${code(roleName('dev', service.name).replace(/^dev-/, '<env>-'))} may do this and nothing else:`,
  table(
    ['action', 'on', 'if'],
    grants.map(({ actions, resources, conditions }) => [actions, resources, conditions].map(lines)),
  ),
];

/** One under the other in a cell. */
const lines = (texts: readonly string[]): string => texts.map(code).join('<br>');

function workloadRow(name: string, workload: Workload): string[] {
  const replicas = environmentNames.map((environment) => {
    const zones = slicesOf(workload, environment).filter((slice) => slice !== 'any');
    const way = zones.length > 0 ? ` (zones ${zones.join(', ')})` : isCanary(workload, environment) ? ' (canary)' : '';
    return `${workload.replicas[environment]}${way}`;
  });
  return [name, workload.size, replicas.join(', '), growthWords(workload), listed((workload.routes ?? []).map(code))];
}

function growthWords({ scaleOn, isSingleton }: Workload): string {
  if (isSingleton) return 'never: one at a time is useful';
  if (!scaleOn) return 'no';
  const sign = 'cpuPercent' in scaleOn ? `${scaleOn.cpuPercent} % CPU` : `${scaleOn.queueDepth} messages waiting`;
  return `to ${scaleOn.max} at ${sign}`;
}

function sizesTable(services: readonly Service[]): string {
  const sum = (service: Service, environment: (typeof environmentNames)[number]) =>
    Object.values(service.workloads).reduce(
      (total, { size, replicas }) => {
        const pods = replicas[environment];
        const { vcpu, memoryMib } = podSize(size);
        return {
          pods: total.pods + pods,
          vcpu: total.vcpu + pods * vcpu,
          gib: total.gib + (pods * memoryMib) / 1024,
        };
      },
      { pods: 0, vcpu: 0, gib: 0 },
    );
  const words = (sums: { pods: number; vcpu: number; gib: number }[]): string => {
    const [pods, vcpu, gib] = (['pods', 'vcpu', 'gib'] as const).map((key) => sums.reduce((n, row) => n + row[key], 0));
    return `${pods} ${pods === 1 ? 'pod' : 'pods'}, ${vcpu} vCPU, ${gib} GB`;
  };
  return table(
    ['service', ...environmentNames],
    [
      ...services.map((service) => [service.name, ...environmentNames.map((name) => words([sum(service, name)]))]),
      ['**all**', ...environmentNames.map((name) => `**${words(services.map((service) => sum(service, name)))}**`)],
    ],
  );
}

/** Browsers, services and what holds their state. Events are on their own page. */
function accessFlow(services: readonly Service[]): string {
  const edges: Edge[] = services.flatMap((service) => {
    const routes = Object.values(service.workloads).flatMap((workload) => workload.routes ?? []);
    return [
      ...(routes.length > 0 ? [{ from: 'gateway', to: service.name, label: routes.join('<br/>') }] : []),
      ...(service.database ? [{ from: service.name, to: 'aurora', label: `database ${service.name}` }] : []),
      ...service.access.map((access) => ({ from: service.name, to: storeOf(access), label: accessVerb(access) })),
    ];
  });
  const stores = [...new Set(edges.map(({ to }) => to))].filter((to) => services.every(({ name }) => name !== to));
  const nodes: FlowNode[] = [
    { id: 'gateway', label: 'load balancer', shape: 'round' },
    ...services.map(({ name }): FlowNode => ({ id: name, label: name, shape: 'box' })),
    ...stores
      .sort()
      .map((name): FlowNode => ({ id: name, label: name, shape: name === 'mail' ? 'round' : 'database' })),
  ];
  return flowchart(nodes, edges);
}

function storeOf(access: Access): string {
  if (access.kind === 'service') return access.name;
  return access.kind === 'bucket' ? `bucket ${access.name}` : access.kind;
}

function accessVerb(access: Access): string {
  if (access.kind === 'service') return 'calls';
  if (access.kind === 'mail') return 'sends';
  return access.kind === 'bucket' ? access.allow : 'reads and writes';
}

function accessWords(access: Access): string {
  if (access.kind === 'service') return `the API of [${access.name}](#${access.name})`;
  if (access.kind === 'mail') return 'mail (sends)';
  return access.kind === 'bucket' ? `the bucket ${code(access.name)} (${access.allow})` : `the ${access.kind}`;
}
