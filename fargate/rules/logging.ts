import { asMap, asText } from '../fields.ts';
import type { FluentBitConfiguration } from '../fluent-bit.ts';
import { readFluentBit } from '../fluent-bit.ts';
import type { LocatedManifest } from '../manifest.ts';
import type { Found, Rule } from '../rule.ts';
import { sources, when } from '../rule.ts';
import type { FargateSet } from '../workloads.ts';
import { namespaceOf, ofKind } from '../workloads.ts';

const namespace = 'aws-observability';
const mapName = 'aws-logging';
const maxCharacters = 5300;
const filters = ['grep', 'parser', 'record_modifier', 'rewrite_tag', 'throttle', 'nest', 'modify', 'kubernetes'];
const outputs = ['es', 'firehose', 'kinesis_firehose', 'cloudwatch', 'cloudwatch_logs', 'kinesis'];

/** The keys of the ConfigMap that hold configuration, with the one section and the entries that each takes. */
const parts: Record<string, { section: string; required: readonly string[]; plugins?: readonly string[] }> = {
  'filters.conf': { section: 'FILTER', required: ['name', 'match'], plugins: filters },
  'output.conf': { section: 'OUTPUT', required: ['name', 'match'], plugins: outputs },
  'parsers.conf': { section: 'PARSER', required: ['name', 'format'] },
};
/** Sends the router's own log to CloudWatch. */
const otherKeys = ['flb_log_cw'];

interface LogMap {
  at: LocatedManifest;
  entries: Record<string, unknown>;
  read: [key: string, configuration: FluentBitConfiguration][];
}

function logMapsOf(set: FargateSet): LogMap[] {
  return ofKind(set, 'ConfigMap')
    .filter(({ manifest }) => manifest.metadata.name === mapName && namespaceOf(manifest) === namespace)
    .map((at) => {
      const entries = asMap(at.manifest.data);
      const read = Object.keys(parts).flatMap((key): LogMap['read'] => {
        const text = asText(entries[key]);
        return text === undefined ? [] : [[key, readFluentBit(text)]];
      });
      return { at, entries, read };
    });
}

function logRule(name: string, check: (map: LogMap) => readonly Omit<Found, 'at'>[]): Rule {
  return {
    id: 'F23',
    name: `logging-${name}`,
    severity: 'error',
    source: sources.logging,
    check: (set) => logMapsOf(set).flatMap((map) => check(map).map((said) => ({ at: map.at, ...said }))),
  };
}

const namespaceLabel: Rule = {
  id: 'F23',
  name: 'logging-namespace',
  severity: 'error',
  source: sources.logging,
  check: (set) =>
    ofKind(set, 'Namespace')
      .filter(({ manifest }) => manifest.metadata.name === namespace)
      .flatMap((at) =>
        when(
          at.manifest.metadata.labels?.[namespace] !== 'enabled',
          `has no label ${namespace}: enabled, so Fargate takes no logging configuration from it.`,
          `Write the label ${namespace}: enabled.`,
        ).map((said) => ({ at, ...said })),
      ),
};

const place: Rule = {
  id: 'F23',
  name: 'logging-place',
  severity: 'error',
  source: sources.logging,
  check: (set) =>
    ofKind(set, 'ConfigMap')
      .filter(({ manifest }) => (manifest.metadata.name === mapName) !== (namespaceOf(manifest) === namespace))
      .filter(({ manifest }) => asMap(manifest.data)['output.conf'] !== undefined)
      .flatMap((at) =>
        when(
          true,
          `holds an output.conf as ${namespaceOf(at.manifest)}/${at.manifest.metadata.name}: Fargate does not read it.`,
          `Call it ${mapName} and put it into the namespace ${namespace}.`,
        ).map((said) => ({ at, ...said })),
      ),
};

const size = logRule('size', ({ entries }) => {
  const count = Object.values(entries).reduce<number>((sum, text) => sum + (asText(text)?.length ?? 0), 0);
  return when(
    count > maxCharacters,
    `has ${count} characters; ${maxCharacters} are read.`,
    'Shorten it: fewer filters, no comments.',
  );
});

const keys = logRule('keys', ({ entries }) => {
  const known = [...Object.keys(parts), ...otherKeys];
  const unknown = Object.keys(entries).filter((key) => !known.includes(key));
  return when(unknown.length > 0, `has the keys ${unknown.join(', ')}.`, `Use ${known.join(', ')} only.`);
});

const sections = logRule('sections', ({ read }) =>
  read.flatMap(([key, { sections: found, strayLines }]) => {
    const { section } = parts[key] ?? { section: '' };
    const wrong = [...new Set(found.map(({ name }) => name).filter((name) => name !== section))];
    return [
      ...when(wrong.length > 0, `has [${wrong.join('], [')}] in ${key}.`, `Write [${section}] there and nothing else.`),
      ...when(
        strayLines.length > 0,
        `has text before the first section of ${key} (line ${strayLines[0]}).`,
        `Begin with [${section}].`,
      ),
    ];
  }),
);

const required = logRule('required', ({ read }) =>
  read.flatMap(([key, { sections: found }]) => {
    const part = parts[key];
    return found
      .filter(({ name }) => name === part?.section)
      .flatMap(({ name, entries }, index) => {
        const missing = (part?.required ?? []).filter((entry) => !Object.hasOwn(entries, entry));
        return when(
          missing.length > 0,
          `[${name}] ${index + 1} of ${key} has no ${missing.join(' and no ')}.`,
          `Write ${missing.map((entry) => `${entry[0]?.toUpperCase()}${entry.slice(1)}`).join(' and ')} into it.`,
        );
      });
  }),
);

const plugins = logRule('plugins', ({ read }) =>
  read.flatMap(([key, { sections: found }]) => {
    const allowed = parts[key]?.plugins;
    if (!allowed) return [];
    const wrong = found
      .filter(({ name }) => name === parts[key]?.section)
      .flatMap(({ entries }) => entries.name ?? [])
      .filter((name) => !allowed.includes(name.toLowerCase()));
    return when(wrong.length > 0, `uses ${wrong.join(', ')} in ${key}.`, `Use one of ${allowed.join(', ')}.`);
  }),
);

const output = logRule('output', ({ read }) => {
  const found = read.find(([key]) => key === 'output.conf')?.[1].sections ?? [];
  return when(
    !found.some(({ name }) => name === 'OUTPUT'),
    'has no [OUTPUT] in output.conf: Fargate refuses it and logs nothing.',
    'Write output.conf with [OUTPUT], Name cloudwatch_logs and Match *.',
  );
});

const variables = logRule('variables', ({ entries }) => {
  const used = Object.values(entries).flatMap((text) => asText(text)?.match(/\$\{[^}\n]{0,80}\}/g) ?? []);
  return when(
    used.length > 0,
    `uses ${[...new Set(used)].join(', ')}: variables are not allowed here.`,
    'Write the value itself.',
  );
});

const indent = logRule('indent', ({ read }) =>
  read
    .filter(([, { isEvenlyIndented }]) => !isEvenlyIndented)
    .flatMap(([key]) =>
      when(
        true,
        `indents the lines of ${key} differently.`,
        'Indent all sections alike, and all entries alike and deeper than their section.',
      ),
    ),
);

/** F23: what Fargate's log router takes. */
export const loggingRules: readonly Rule[] = [
  namespaceLabel,
  place,
  size,
  keys,
  sections,
  required,
  plugins,
  output,
  variables,
  indent,
];
