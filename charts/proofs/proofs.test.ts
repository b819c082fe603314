import type { EventContract } from '@millrace/catalog/event.ts';
import type { RulePattern } from '@millrace/catalog/event-pattern.ts';
import { OrderConfirmed, OrderPlaced } from '@millrace/catalog/events/order.ts';
import { services } from '@millrace/catalog/services.ts';
import { describe, expect, it } from 'vitest';
import { projectScopes } from '../delivery/project-scopes.ts';
import { proofs, prove } from './all-proofs.ts';
import { ruleFaults } from './event-rules.ts';
import { badDelivery } from './testing/bad-delivery.ts';
import { badObjects } from './testing/bad-objects.ts';
import { badScalers } from './testing/bad-scalers.ts';
import { badSettings } from './testing/bad-settings.ts';
import { badSlices } from './testing/bad-slices.ts';
import { goodSet, withObject, withoutObject } from './testing/sets.ts';

const prod = goodSet('prod');
const worker = 'order/deployment-order-worker.yaml';

/** Every code of every proof, with a set that must fail by it: if a proof is weakened, its row fails. */
const cases = [...badDelivery, ...badObjects, ...badSlices, ...badScalers, ...badSettings];

describe('the proofs', () => {
  it.each(['dev', 'staging', 'prod'] as const)('find nothing in %s as it is rendered', (environment) => {
    expect(prove(goodSet(environment))).toEqual([]);
  });

  it.each(cases)('$proof refuses $what with $code', ({ code, proof, also, set, place, message }) => {
    const found = Object.entries(proofs).flatMap(([name, each]) => each(set).map((fault) => ({ name, ...fault })));
    const hit = found.find((fault) => fault.code === code && fault.place === place);
    expect(hit, JSON.stringify(found, null, 2)).toMatchObject({
      name: proof,
      message: expect.stringContaining(message),
    });
    // Without this proof the set would pass: no other stands in for it.
    expect(found.filter(({ name }) => name !== proof && name !== also)).toEqual([]);
  });

  it('refuse a pod that two profiles take with X403', () => {
    const set = withObject(prod, worker, (manifest) => {
      manifest.metadata.namespace = 'keda';
    });
    expect(prove(set)).toContainEqual(expect.objectContaining({ code: 'X403' }));
  });

  it('name the ScaledObject that is missing, which other proofs see too, with X106', () => {
    const message = expect.stringContaining('Add a ScaledObject');
    const set = withoutObject(prod, 'order/scaledobject-order-worker.yaml');
    expect(prove(set)).toContainEqual({ code: 'X106', place: `manifests/prod/${worker} spec.replicas`, message });
  });

  it('have a set that must fail for each of them', () => {
    expect([...new Set(cases.map(({ proof }) => proof))].toSorted()).toEqual(Object.keys(proofs).toSorted());
  });

  it('say what to write instead', () => {
    for (const { set } of cases) {
      for (const { message } of prove(set)) expect(message).toMatch(/[A-Z][a-z]+ [^.]+.*\.$/);
    }
  });
});

describe('what is right in another form', () => {
  it.each([
    [
      'a budget by expressions',
      withObject(prod, 'order/poddisruptionbudget-order-worker.yaml', (budget) => {
        budget.spec.selector = {
          matchExpressions: [
            { key: 'app.kubernetes.io/name', operator: 'In', values: ['order'] },
            { key: 'app.kubernetes.io/component', operator: 'NotIn', values: ['api', 'migrate'] },
            { key: 'millrace.dev/zone', operator: 'Exists' },
            { key: 'millrace.dev/gone', operator: 'DoesNotExist' },
          ],
        };
      }),
    ],
    [
      'a Service that names the port',
      withObject(prod, 'order/service-order-worker.yaml', (service) => {
        service.spec.ports[0].targetPort = 'http';
      }),
    ],
    [
      'a backend by the name of its port',
      withObject(prod, 'dashboard/ingress-dashboard.yaml', (ingress) => {
        ingress.spec.rules[0].http.paths[0].backend.service.port = { name: 'http' };
      }),
    ],
    [
      'a Deployment that does not listen and has no Service',
      withObject(withoutObject(prod, 'order/service-order-worker.yaml'), worker, (manifest) => {
        manifest.spec.template.spec.containers[0].ports = undefined;
      }),
    ],
    [
      'a budget that keeps all pods but one',
      withObject(prod, 'order/poddisruptionbudget-order-worker.yaml', (budget) => {
        budget.spec = { ...budget.spec, maxUnavailable: undefined, minAvailable: '50%' };
      }),
    ],
  ])('%s passes', (_, set) => {
    expect(prove(set)).toEqual([]);
  });

  it('as many connections as the database has left is one too many', () => {
    const withConnections = (maxConnections: number) =>
      prove({ ...prod, platform: { ...prod.platform, aurora: { ...prod.platform.aurora, maxConnections } } });
    const [fault] = withConnections(500);
    const sum = Number(/pools may open (\d+)/.exec(fault?.message ?? '')?.[1]);
    expect(withConnections(sum + 15).map(({ code }) => code)).toEqual(['X603']);
    expect(withConnections(sum + 16)).toEqual([]);
  });
});

describe('the projects', () => {
  const scope = (name: string, environment: 'dev' | 'prod') =>
    projectScopes(services, environment).find((each) => each.name === name);

  it('may apply what follows from the facts of a service, and nothing more', () => {
    expect(scope('dashboard', 'prod')?.namespacedKinds).toEqual([
      '/ConfigMap',
      '/Service',
      '/ServiceAccount',
      'argoproj.io/AnalysisTemplate',
      'argoproj.io/Rollout',
      'autoscaling/HorizontalPodAutoscaler',
      'batch/Job',
      'networking.k8s.io/Ingress',
      'networking.k8s.io/NetworkPolicy',
      'policy/PodDisruptionBudget',
      'vpcresources.k8s.aws/SecurityGroupPolicy',
    ]);
    expect(scope('order', 'dev')?.namespacedKinds).toContain('keda.sh/ScaledObject');
    expect(scope('analytics', 'prod')?.namespacedKinds).toContain('keda.sh/ScaledObject');
    expect(scope('order', 'dev')?.namespacedKinds).not.toContain('policy/PodDisruptionBudget');
    expect(scope('order', 'prod')).toMatchObject({ namespaces: ['order'], clusterKinds: ['/Namespace'] });
  });
});

describe('the rules of events', () => {
  const contracts = services.flatMap(({ publishes }) => publishes);
  const [first, second] = [OrderPlaced, OrderConfirmed];
  const sound = { source: [first.source], 'detail-type': [first.name] };
  const codes = (pattern: Partial<RulePattern>, events: EventContract[] = [first]) =>
    ruleFaults([{ name: 'a-rule', place: 'here', events, pattern: { ...sound, ...pattern } }], contracts).map(
      ({ code }) => code,
    );
  const amount = (numeric: unknown[]) => ({ detail: { data: { total: { amountMinor: [{ numeric }] } } } });

  it('take their own event, several of one publisher, and what a filter lets through', () => {
    expect(codes({})).toEqual([]);
    expect(codes({ 'detail-type': [first.name, second.name] }, [first, second])).toEqual([]);
    expect(codes(amount(['>', 1_000, '<', 2_000]))).toEqual([]);
  });
  it('that miss their own event, or one of several, are refused with X702', () => {
    expect(codes({ source: ['millrace.nobody'] })).toEqual(['X702']);
    expect(codes({}, [first, second])).toEqual(['X702']);
  });
  it('whose filter lets nothing through that the schema allows are refused with X702', () => {
    expect(codes(amount(['<', 0]))).toEqual(['X702']);
    expect(codes({ detail: { data: { orderId: ['seven'] } } })).toEqual(['X702']);
    expect(codes({ detail: { data: { orderId: [{ wildcard: '*' }] } } })).toEqual(['X702']);
  });
  it('that take another event are refused with X703', () => {
    expect(codes({ 'detail-type': [first.name, second.name] })).toEqual(['X703']);
    expect(codes({ 'detail-type': [first.name, second.name], ...amount(['>', 5_000]) })).toEqual(['X703']);
  });
  it('that are too long are refused with X704', () => {
    const many = Array.from({ length: 200 }, (_, index) => `millrace.service-${index}`);
    expect(codes({ source: [first.source, ...many] })).toEqual(['X704']);
  });
});
