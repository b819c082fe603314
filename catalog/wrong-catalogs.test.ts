import { describe, expect, it } from 'vitest';
import { checkCatalog, formatFault, formatFaultIn, isWarning } from './check.ts';
import { services } from './services.ts';
import { broken } from './testing/broken.ts';
import { withService, withSubscription, withWorkload } from './testing/change.ts';
import { wrongRelations } from './testing/wrong-relations.ts';
import { wrongShapes } from './testing/wrong-shapes.ts';
import { wrongSubscriptions } from './testing/wrong-subscriptions.ts';

const cases = [...wrongShapes, ...wrongRelations, ...wrongSubscriptions];

const readingUser = withService('user', () => ({
  access: [{ kind: 'bucket', name: 'uploads', allow: 'read', prefix: 'people/' }],
}));

describe('a wrong catalog', () => {
  it.each(cases)('$code: $what', ({ code, catalog, place, message }) => {
    const faults = checkCatalog(catalog);
    expect(faults).toContainEqual({ place, code, message: expect.stringContaining(message) });
  });

  it('is told of with one line for each fault, which ends in a remedy', () => {
    for (const { catalog } of cases) {
      const faults = checkCatalog(catalog);
      expect(faults.length).toBeGreaterThan(0);
      for (const fault of faults)
        expect(formatFault(fault)).toMatch(/^catalog\/services\.ts \S.*: [EW]\d{3} [^\n]+[.?]$/);
    }
  });

  it('has all of its faults told in one run, sorted', () => {
    const faults = checkCatalog([
      ...withService('order', () => ({ inboxDays: 7, colour: 'red' })).slice(0, 5),
      {
        ...services[5],
        name: 'kube-system',
        workloads: { api: { size: '3 vCPU / 1 GB', replicas: { dev: 1, staging: 1, prod: 1 } } },
      },
      { ...services[6], purpose: 'password=hunter2' },
    ] as typeof services);
    const told = faults.map(({ place, code }) => `${place} ${code}`);
    expect(told).toEqual(told.toSorted());
    for (const code of ['E010', 'E012', 'E020', 'E032', 'E042', 'E051', 'E061']) {
      expect(faults.map((fault) => fault.code)).toContain(code);
    }
    expect(checkCatalog([...services])).toEqual([]);
  });

  it.each(broken)('with $what has every other fault told too, and none that is not there', ({ catalog, told }) => {
    expect(checkCatalog(catalog).map(({ place, code }) => `${place} ${code}`)).toEqual(told);
  });

  it('never has a secret repeated, wherever it stands', () => {
    for (const secret of [
      `${'AKIA'}IOSFODNN7EXAMPLE`,
      'password: hunter2',
      'https://me:hunter2@example.com',
      'ghp_0123456789abcdefghijABCD',
    ]) {
      const catalogs = [
        withService('order', () => ({ name: secret })),
        withService('order', () => ({ owner: secret, access: [{ kind: 'bucket', name: secret, allow: 'write' }] })),
        withService('order', ({ workloads }) => ({ workloads: { ...workloads, [secret]: workloads['api'] } })),
        withService('order', ({ workloads }) => ({
          workloads: { api: { ...workloads['api'], size: secret, routes: [secret] } },
        })),
        withService('order', () => ({ [secret]: 1 })),
        withService('order', () => ({ secrets: [secret] })),
        withService('order', ({ consumes }) => ({ consumes: consumes.map((each) => ({ ...each, workload: secret })) })),
      ];
      for (const catalog of catalogs) {
        const lines = checkCatalog(catalog).map(formatFault).join('\n');
        expect(lines).toContain('E051');
        expect(lines).not.toMatch(/hunter2|IOSFODNN7|abcdefghij/);
      }
    }
  });

  it('names another file when it is another file', () => {
    const [fault] = checkCatalog(withService('order', () => ({ inboxDays: 7 })));
    expect(fault && formatFaultIn('own/catalog.ts', fault)).toMatch(/^own\/catalog\.ts order\.consumes\[0\]: E042 /);
  });

  it.each([
    [
      'the most replicas',
      withWorkload('order', 'worker', { replicas: { dev: 1, staging: 100, prod: 100 }, scaleOn: undefined }),
    ],
    [
      'a visibility of exactly six deadlines',
      withSubscription('order', 0, { deadlineSeconds: 6, visibilitySeconds: 36 }),
    ],
    ['a memory of exactly the archive', withService('order', () => ({ inboxDays: 30 }))],
    [
      'every operator',
      withSubscription('user', 0, {
        filter: {
          aggregateId: [{ prefix: 'a' }, { exists: false }],
          traceparent: [{ exists: true }],
          data: {
            orderId: [{ 'anything-but': 'x' }],
            total: { amountMinor: [0, { numeric: ['>=', 5, '<', 9] }], currency: ['EUR', 'CHF'] },
          },
        },
      }),
    ],
    ['uploads by one that only reads', readingUser],
    [
      'mail and another service',
      withService('user', ({ access }) => ({
        access: [...access, { kind: 'mail' }, { kind: 'service', name: 'order' }],
      })),
    ],
    ['three receives', withSubscription('order', 0, { maxReceives: 3 })],
    ['dead letters kept a day longer', withSubscription('order', 0, { queueRetentionDays: 13 })],
    ['a maximum as large as the start', withWorkload('order', 'api', { scaleOn: { cpuPercent: 60, max: 2 } })],
    [
      "paths beside another's prefix",
      withWorkload('order', 'api', { routes: ['/api/orders', '/api/orders-archive/*'] }),
    ],
  ])('is not one with %s', (_, catalog) => {
    expect(checkCatalog(catalog)).toEqual([]);
  });

  it('with a warning alone is not wrong', () => {
    const warned = cases.filter(({ code }) => code.startsWith('W'));
    expect(warned.map(({ catalog }) => checkCatalog(catalog).filter((fault) => !isWarning(fault)))).toEqual(
      warned.map(() => []),
    );
  });
});
