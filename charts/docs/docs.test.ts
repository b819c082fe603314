import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineEvent } from '@millrace/catalog/event.ts';
import { allRoles } from '@millrace/catalog/least-privilege.ts';
import { deadLetterQueueName, queueName } from '@millrace/catalog/names.ts';
import { eventsOf, on, service } from '@millrace/catalog/service.ts';
import { services } from '@millrace/catalog/services.ts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventsPage } from './events-page.ts';
import { filterWords } from './filter-words.ts';
import { generatedLine, table } from './markdown.ts';
import { flowchart, sequence } from './mermaid.ts';
import { departures, happyOrder } from './order-flow.ts';
import { generatedPages } from './pages.ts';
import { schemaFields } from './schema-fields.ts';
import { diagramsIn, mermaidFaults } from './testing/mermaid-syntax.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'docs/generated');
const main = join(import.meta.dirname, 'main.ts');
const pages = generatedPages(services);
const eventsText = pages.find(({ file }) => file === 'events.md')?.text ?? '';
const servicesText = pages.find(({ file }) => file === 'services.md')?.text ?? '';

const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
const anchorsIn = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

describe('the generated pages', () => {
  it('are current: what lies in docs/generated is what the catalog gives', () => {
    for (const { file, text } of pages) expect(readFileSync(join(folder, file), 'utf8')).toBe(text);
    expect(execFileSync('node', [main, '--check'], { encoding: 'utf8' })).toBe('2 pages are current.\n');
  });

  it('say on line 1 that they are generated', () => {
    for (const { text } of pages) expect(text.split('\n')[0]).toBe(generatedLine);
  });

  it('name every service, event, queue and dead-letter queue', () => {
    for (const service of services) {
      expect(servicesText).toContain(`### ${service.name}\n`);
      for (const { name } of service.publishes) expect(eventsText).toContain(`### ${name}\n`);
      for (const { event } of service.consumes) {
        for (const nameOf of [queueName, deadLetterQueueName]) {
          expect(eventsText).toContain(`\`${nameOf('dev', service.name, event.name).replace('dev-', '<env>-')}\``);
        }
      }
    }
  });

  it('say what each role may do, for every environment alike', () => {
    for (const { owner, grants } of allRoles('dev').slice(0, services.length)) {
      const section = servicesText.split(`### ${owner}\n`)[1]?.split('\n### ')[0] ?? '';
      for (const action of grants.flatMap(({ actions }) => actions)) expect(section).toContain(`\`${action}\``);
    }
    expect(servicesText).toContain('event-bus/<env>-millrace`');
    expect(servicesText).not.toMatch(/111122223333|[^a-z]dev-millrace/);
  });

  it('link only to files and headings that are there', () => {
    let count = 0;
    for (const { text } of pages) {
      for (const [, target = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
        const [file = '', anchor] = target.split('#');
        const path = join(folder, file);
        if (file) expect(existsSync(path), target).toBe(true);
        if (anchor) expect(anchorsIn(file ? readFileSync(path, 'utf8') : text), target).toContain(anchor);
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(100);
  });

  it('have diagrams in the forms that Mermaid takes', () => {
    const diagrams = pages.flatMap(({ text }) => diagramsIn(text));
    expect(diagrams).toHaveLength(3);
    for (const { lines } of diagrams) expect(mermaidFaults(lines)).toEqual([]);
  });

  it('show an arrow for every event that one service hears of another, and no other', () => {
    const [flow] = diagramsIn(eventsText);
    const drawn = (flow?.lines ?? []).flatMap((line) => {
      const [, from, label, to] = /n_(\w+) -->\|"(.+)"\| n_(\w+)/.exec(line) ?? [];
      const events = (label?.split('<br/>') ?? []).flatMap((rule) => rule.replace(/ if .*/, '').split(' + '));
      return events.map((event) => `${from} ${event} ${to}`);
    });
    const declared = services.flatMap(({ name, consumes }) =>
      consumes.flatMap(eventsOf).map((event) => `${event.publisher.replace('.', '_')} ${event.name} ${name}`),
    );
    expect(drawn.sort()).toEqual(declared.sort());
  });

  it('say of each rule what it leaves in and which events come in one queue', () => {
    expect(eventsText).toContain('|"OrderPlaced if data.total.amountMinor > 0<br/>OrderConfirmed<br/>');
    expect(eventsText).toContain('|"UserRegistered + UserChanged + UserErased"| n_notification');
    expect(eventsText).toContain('|"ObjectCreated if it is in bucket uploads below user/"| n_user');
    const confirmed = eventsText.split('### OrderConfirmed\n')[1]?.split('\n### ')[0] ?? '';
    expect(confirmed).toContain(
      '| [analytics](services.md#analytics) processor | – | OrderPlaced, OrderRejected, OrderCancelled | `<env>-millrace-analytics-OrderPlaced`',
    );
    expect(eventsText).toContain('| [ObjectCreated](#objectcreated) | 1 | `aws.s3` |');
    expect(eventsText).toContain('`detail-type: Object Created`, from AWS itself');
  });

  it('show who calls whom and who sends mail', () => {
    expect(servicesText).toContain('n_order -->|"calls"| n_product');
    expect(servicesText).toContain('n_notification -->|"sends"| n_mail');
    expect(servicesText).toContain('the API of [product](#product)');
    expect(servicesText).toContain('`ses:FromAddress is no-reply@<domain>`');
  });

  it('tell the story of an order with events of the catalog, each heard by somebody', () => {
    const published = services.flatMap((service) => service.publishes);
    const heard = services.flatMap((service) => service.consumes.flatMap(eventsOf));
    for (const event of [...happyOrder, ...departures.flatMap(({ after, events }) => [after, ...events])]) {
      expect(published).toContain(event);
      expect(heard).toContain(event);
    }
  });

  it('refuse an unknown option with exit code 2 and explain themselves with --help', () => {
    const wrong = spawnSync('node', [main, '--chekc'], { encoding: 'utf8' });
    expect([wrong.status, wrong.stdout, wrong.stderr]).toEqual([2, '', 'There is no option "--chekc". See --help.\n']);
    const help = spawnSync('node', [main, '--help'], { encoding: 'utf8' });
    expect([help.status, help.stdout.split('\n')[0]]).toEqual([0, 'Usage: node charts/docs/main.ts [--check]']);
  });
});

describe('what pages are made of', () => {
  it('two versions of an event have a section each, with their own consumers', () => {
    const data = z.object({ id: z.uuid() });
    const [first, second] = [1, 2].map((version) => defineEvent('Moved', { publisher: 'a', version, data }));
    if (!first || !second) throw new Error('there are two');
    const text = eventsPage({
      services: [
        service('a', { owner: 'o', purpose: 'p', dataClass: 'internal', workloads: {}, publishes: [first, second] }),
        service('b', { owner: 'o', purpose: 'p', dataClass: 'internal', workloads: {}, consumes: [on(first)] }),
        service('c', { owner: 'o', purpose: 'p', dataClass: 'internal', workloads: {}, consumes: [on(second)] }),
      ],
      environments: {},
    });
    expect(text).toContain('| [Moved](#moved) | 1 | [a](services.md#a) | [b](services.md#b) |');
    expect(text).toContain('| [Moved v2](#moved-v2) | 2 | [a](services.md#a) | [c](services.md#c) |');
    expect(anchorsIn(text)).toEqual(expect.arrayContaining(['moved', 'moved-v2']));
  });

  it('a workload says where it has a canary and where zones', () => {
    const facts = { size: '1 vCPU / 2 GB', replicas: { dev: 1, staging: 2, prod: 3 }, routes: ['/a'] } as const;
    const workloads = { api: { ...facts, spreadIn: ['staging' as const], canary: ['prod' as const] } };
    const one = service('a', { owner: 'o', purpose: 'p', dataClass: 'internal', workloads });
    const text = generatedPages([one]).find(({ file }) => file === 'services.md')?.text;
    expect(text).toContain('| api | 1 vCPU / 2 GB | 1, 2 (zones a, b), 3 (canary) | no | `/a` |');
  });

  it('every operator of a filter has words', () => {
    const filter = {
      a: { b: ['x', 5, { prefix: 'p' }] },
      c: [{ numeric: ['>', 0, '<=', 9] }, { exists: false }, { exists: true }],
      d: [{ 'anything-but': 'x' }, { 'anything-but': [1, 2] }],
    };
    const [reader] = services;
    expect(reader && filterWords({ filter }, reader)).toEqual([
      'a.b is x or is 5 or begins with p',
      'c > 0 and <= 9 or is not there or is there',
      'd is not x or is not 1 or 2',
    ]);
  });

  it('a table keeps a bar and a line end inside its cell', () => {
    expect(table(['a'], [['x|y\nz'], ['']])).toBe('| a |\n| --- |\n| x\\|y z |\n| – |');
  });

  it('fields of lists, maps and objects come after their parent', () => {
    const schema = {
      required: ['lines'],
      properties: {
        lines: { type: 'array', minItems: 1, items: { type: 'object', properties: { sku: { type: 'string' } } } },
        props: { type: 'object', additionalProperties: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
        money: { type: 'object', required: ['cents'], properties: { cents: { type: 'integer', minimum: 0 } } },
      },
    };
    expect(schemaFields(schema).map((field) => Object.values(field).join(' / '))).toEqual([
      'lines / list of object / true / at least 1',
      'lines[].sku / string / false / ',
      'props / map of string or null / false / ',
      'money / object / false / ',
      'money.cents / integer / true / from 0',
    ]);
  });

  it('labels cannot break a diagram', () => {
    const chart = flowchart([{ id: 'end', label: 'a "b"', shape: 'box' }], [{ from: 'end', to: 'end', label: '"' }]);
    const steps = sequence([{ id: 'x', label: 'x; y #1', shape: 'box' }], []);
    expect(diagramsIn(chart).flatMap(({ lines }) => mermaidFaults(lines))).toEqual([]);
    expect(chart).toContain('n_end["a #quot;b#quot;"]');
    expect(steps).toContain('participant n_x as x, y #35;1');
  });

  it.each([
    ['pie title Pets'],
    ['flowchart LR', 'n_a["a"]', 'n_a --> n_a'],
    ['flowchart LR', 'n_a["a"]', 'n_a -->|"x"| n_b'],
    ['flowchart LR', 'n_a["a"]', 'n_a["a"]'],
    ['flowchart LR', 'n_a["a]'],
    ['flowchart LR', 'end["a"]'],
    ['sequenceDiagram', 'n_a->>n_b: hello'],
    ['sequenceDiagram', 'participant n_a as a', 'n_a->>n_a'],
    ['sequenceDiagram', 'participant n_a as a', 'n_a->>n_a: one; two'],
    ['sequenceDiagram', 'participant n_a as a', 'alt x', 'n_a-)n_a: y'],
    ['sequenceDiagram', 'end'],
    ['sequenceDiagram', 'else x'],
  ])('a wrong diagram is found: %s %s %s', (...lines) => {
    expect(mermaidFaults(lines.filter(Boolean))).not.toEqual([]);
  });
});
