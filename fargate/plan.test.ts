import { fargateSizes, overheadMib } from '@millrace/catalog/fargate.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxEphemeralRequestGib, planPod, priceOf, provision } from './plan.ts';

const container = (cpu: unknown, memory: unknown, more: object = {}) => ({
  name: 'app',
  resources: { requests: { cpu, memory, ...more } },
});
const pod = (cpu: unknown, memory: unknown, more: object = {}) => ({ containers: [container(cpu, memory, more)] });

describe('what Fargate provisions', () => {
  it('follows the examples of the user guide', () => {
    expect(planPod({}).size).toBe('0.25vCPU 0.5GB');
    expect(planPod(pod('1', '8Gi')).size).toBe('2vCPU 9GB');
    expect(planPod(pod('250m', '256Mi', { 'ephemeral-storage': '100Gi' })).provisioned?.ephemeralGib).toBe(115);
  });

  it('costs what AWS says', () => {
    expect(planPod({}).usdPerMonth).toBeCloseTo(9.01, 2);
    // A container of cdk8s-plus without a size: it asks for 1 vCPU and 512 MiB.
    expect(planPod(pod('1', '512Mi'))).toMatchObject({ size: '1vCPU 2GB', usdPerMonth: expect.closeTo(36.04, 2) });
    const extra = planPod(pod('250m', '256Mi', { 'ephemeral-storage': '100Gi' })).usdPerMonth - 9.010025;
    expect(extra).toBeCloseTo((115 - 20) * 0.000111 * 730, 6);
  });

  it.each([
    ['250m', '256Mi', '0.25vCPU 0.5GB'],
    ['250m', '257Mi', '0.25vCPU 1GB'],
    ['251m', '256Mi', '0.5vCPU 1GB'],
    ['250m', '1792Mi', '0.25vCPU 2GB'],
    ['250m', '1793Mi', '0.5vCPU 3GB'],
    ['1', '1792Mi', '1vCPU 2GB'],
    ['4', '29.75Gi', '4vCPU 30GB'],
    ['4', '30Gi', '8vCPU 32GB'],
    ['8', '17Gi', '8vCPU 20GB'],
    ['16', '119.75Gi', '16vCPU 120GB'],
    ['16', '120Gi', ''],
    ['16001m', '1Gi', ''],
  ])('%s CPU and %s is billed as %s', (cpu, memory, size) => {
    expect(planPod(pod(cpu, memory)).size).toBe(size);
  });

  it('adds app containers and native sidecars, and takes the largest init container if that is more', () => {
    const spec = {
      containers: [container('500m', '512Mi'), container('250m', '256Mi')],
      initContainers: [
        { ...container('250m', '256Mi'), restartPolicy: 'Always' },
        container('900m', '3Gi'),
        container('2', '128Mi'),
      ],
    };
    expect(planPod(spec).request).toEqual({ vcpu: 2, memoryMib: 3072, ephemeralGib: 0 });
    expect(planPod({ ...spec, initContainers: [] }).request).toEqual({ vcpu: 0.75, memoryMib: 768, ephemeralGib: 0 });
    expect(planPod({ ...spec, initContainers: spec.initContainers.slice(0, 1) }).request.vcpu).toBe(1);
  });

  it('takes a limit for a request that is not there, as the API server does', () => {
    expect(planPod({ containers: [{ resources: { limits: { cpu: '2', memory: '4Gi' } } }] }).size).toBe('2vCPU 5GB');
  });

  it('keeps within 175 GiB of ephemeral storage', () => {
    const storage = (gib: number) => planPod(pod('250m', '256Mi', { 'ephemeral-storage': `${gib}Gi` })).provisioned;
    expect(storage(13)?.ephemeralGib).toBe(20);
    expect(storage(14)?.ephemeralGib).toBe(21);
    expect(storage(maxEphemeralRequestGib)?.ephemeralGib).toBe(175);
    expect(storage(maxEphemeralRequestGib + 1)).toBeUndefined();
  });

  it('tells of a request that is no quantity and counts it as nothing', () => {
    const plan = planPod(pod('much', '256Mi'));
    expect(plan.unreadable).toEqual([{ container: 'app', resource: 'cpu', value: '"much"' }]);
    expect(plan.request.vcpu).toBe(0);
  });
});

const anyRequest = fc.record({
  vcpu: fc.integer({ min: 0, max: 16_000 }).map((millis) => millis / 1000),
  memoryMib: fc.integer({ min: 0, max: 120 * 1024 - overheadMib }),
  ephemeralGib: fc.integer({ min: 0, max: 154 }),
});

describe('laws of the plan', () => {
  it('what is provisioned holds the request and the overhead, and no cheaper size does', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const got = provision(request);
        if (!got) throw new Error('a request within the largest size has a size');
        expect(got.vcpu).toBeGreaterThanOrEqual(request.vcpu);
        expect(got.memoryMib).toBeGreaterThanOrEqual(request.memoryMib + overheadMib);
        const cheaper = fargateSizes
          .flatMap(({ vcpu, memoryMib }) => memoryMib.map((size) => ({ ...got, vcpu, memoryMib: size })))
          .filter((size) => priceOf(size) < priceOf(got) - 1e-9)
          .filter((size) => size.vcpu >= request.vcpu && size.memoryMib >= request.memoryMib + overheadMib);
        expect(cheaper).toEqual([]);
      }),
    );
  });

  it('a pod that asks for the next smaller size gets it, and saves what was said', () => {
    fc.assert(
      fc.property(anyRequest, ({ vcpu, memoryMib }) => {
        const plan = planPod(pod(vcpu, `${memoryMib}Mi`));
        const next = plan.wasted.nextSmaller;
        if (!next) {
          expect(plan.size).toBe('0.25vCPU 0.5GB');
          return;
        }
        const after = planPod(pod(next.ask.vcpu, `${next.ask.memoryMib}Mi`));
        expect(after.usdPerMonth).toBeLessThanOrEqual(next.usdPerMonth + 1e-9);
        expect(plan.usdPerMonth - next.usdPerMonth).toBeCloseTo(next.savesUsdPerMonth, 6);
        expect(next.savesUsdPerMonth).toBeGreaterThan(0);
      }),
    );
  });

  it('more is never cheaper', () => {
    fc.assert(
      fc.property(anyRequest, fc.integer({ min: 0, max: 2000 }), (request, more) => {
        const larger = provision({ ...request, memoryMib: request.memoryMib + more });
        const now = provision(request);
        if (larger && now) expect(priceOf(larger)).toBeGreaterThanOrEqual(priceOf(now));
      }),
    );
  });
});
