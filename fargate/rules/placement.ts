import { asList, asMap, fieldOf } from '../fields.ts';
import type { Rule } from '../rule.ts';
import { podRule, sources, when } from '../rule.ts';
import { spreadOf } from '../spread.ts';

const split = 'Write one Deployment for each zone, each with a Fargate profile that has one subnet.';

const affinity = podRule(
  {
    id: 'F14',
    name: 'affinity',
    severity: 'warning',
    source: `${sources.fargate}; aws/containers-roadmap#824`,
  },
  ({ template: { spec } }) => {
    const kinds = ['podAffinity', 'podAntiAffinity', 'nodeAffinity'].filter(
      (kind) => Object.keys(asMap(fieldOf(spec, 'affinity', kind))).length > 0,
    );
    return when(
      kinds.length > 0,
      `has ${kinds.join(', ')}, which Fargate ignores: every pod has a node of its own.`,
      `Take it away. ${split}`,
    );
  },
);

const topologySpread = podRule(
  {
    id: 'F14',
    name: 'topology-spread',
    severity: 'warning',
    source: 'aws/containers-roadmap#824',
  },
  ({ template: { spec } }) =>
    when(
      asList(spec.topologySpreadConstraints).length > 0,
      'has topologySpreadConstraints, which Fargate does not support.',
      `Take them away. ${split}`,
    ),
);

const oneZone: Rule = {
  id: 'F14',
  name: 'one-zone',
  severity: 'warning',
  source: sources.profiles,
  check: (set) =>
    spreadOf(set).flatMap(({ canShareOneZone, workloads, replicas, perZone }) => {
      const [first] = workloads;
      if (!canShareOneZone || !first) return [];
      const [zone] = Object.keys(perZone ?? {});
      const message = zone
        ? `has all of its ${replicas} replicas in the zone ${zone}.`
        : `has ${replicas} replicas that can all land in one zone: Fargate gives no promise where.`;
      return [{ at: first, message, fix: split }];
    }),
};

/** F14: where pods land. */
export const placementRules: readonly Rule[] = [affinity, topologySpread, oneZone];
