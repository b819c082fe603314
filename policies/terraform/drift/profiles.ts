import { environments } from '@millrace/catalog/environments.ts';
import type { ProfileSelector } from '@millrace/catalog/profiles.ts';
import { planProfiles, platformNamespaces, slicesOf, zoneLabel } from '@millrace/catalog/profiles.ts';
import { services } from '@millrace/catalog/services.ts';
import { selects } from '@millrace/fargate/profiles.ts';
import type { Built } from '../built.ts';
import type { Drift, Values } from './built-index.ts';
import { byName, listIn, namesDrift, ofType, textIn, valueDrift } from './built-index.ts';

const kind = 'Fargate profile';

/** The planned profiles are built, in the subnets of their zones, and every pod finds exactly one. */
export function profileDrift(built: Built): Drift[] {
  const planned = planProfiles(built.environment);
  const found = byName(ofType(built, 'aws_eks_fargate_profile'), 'fargate_profile_name');
  const names = namesDrift({ kind, wanted: planned.map(({ name }) => name), found: [...found.keys()] });
  const values = planned.flatMap(({ name, selectors, zones }) => {
    const own = found.get(name)?.values;
    if (!own) return [];
    return [
      ...valueDrift({
        kind,
        name,
        what: 'what it selects',
        wanted: ordered(selectors),
        found: ordered(selectorsOf(own)),
      }),
      ...valueDrift({ kind, name, what: 'its zones', wanted: [...zones].sort(), found: zonesOf(own, built) }),
    ];
  });
  return [...names, ...values, ...podDrift(built)];
}

const selectorsOf = (values: Values): ProfileSelector[] =>
  listIn(values, 'selector').map((selector) => ({
    namespace: textIn(selector, 'namespace'),
    labels: (selector['labels'] ?? {}) as Record<string, string>,
  }));

const ordered = (selectors: readonly ProfileSelector[]): ProfileSelector[] =>
  selectors.toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1));

/** The letters of the zones whose private subnets a profile has. */
function zonesOf(values: Values, built: Built): string[] {
  const ids = values['subnet_ids'];
  const subnets = ofType(built, 'aws_subnet');
  const { region } = environments[built.environment];
  return (Array.isArray(ids) ? ids : [])
    .map((id) => {
      const zone = textIn(subnets.find((subnet) => subnet.values['id'] === id)?.values ?? {}, 'availability_zone');
      return zone.startsWith(region) ? zone.slice(region.length) : `of subnet ${id}`;
    })
    .sort();
}

/** Every pod of a service, in each of its slices, and every pod of the platform, matches one profile, not two. */
function podDrift(built: Built): Drift[] {
  const profiles = ofType(built, 'aws_eks_fargate_profile').map(({ values }) => selectorsOf(values));
  const ofServices = services.flatMap(({ name, workloads }) =>
    Object.values(workloads).flatMap((workload) =>
      slicesOf(workload, built.environment).map((slice) => ({ namespace: name, labels: { [zoneLabel]: slice } })),
    ),
  );
  const pods = [...ofServices, ...platformNamespaces.map((namespace) => ({ namespace, labels: {} }))];
  const said = pods.flatMap((pod) => {
    const matching = profiles.filter((selectors) => selectors.some((selector) => selects(selector, pod))).length;
    const labels = Object.entries(pod.labels).map(([key, value]) => `${key}=${value}`);
    if (matching === 1) return [];
    return [
      { kind: 'pod', name: [pod.namespace, ...labels].join(' '), message: `matches ${matching} profiles, not one` },
    ];
  });
  return [...new Map(said.map((each) => [each.name, each])).values()];
}
