import type { Fault } from '@millrace/catalog/fault.ts';
import { isCanary } from '@millrace/catalog/service.ts';
import { asMaps, asText, fieldOf } from '@millrace/fargate/fields.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import type { PodMaker } from './objects.ts';
import { deployments, faultOf, isObject } from './objects.ts';

/**
 * X205, X206: what the catalog calls a canary is a Rollout and nothing else is; and each Rollout finds what it names. The
 * rollouts controller takes no Rollout whose Services, Ingress or analysis is missing, and Argo CD would wait for it for ever.
 */
export function canaries(set: RenderedEnvironment): Fault[] {
  return deployments(set).flatMap((maker) => [...kindFaults(set, maker), ...missingFaults(set, maker)]);
}

function kindFaults(set: RenderedEnvironment, { manifest, service, workload }: PodMaker): Fault[] {
  const facts = set.services.find(({ name }) => name === service)?.workloads[workload];
  const wanted = facts && isCanary(facts, set.environment) ? 'Rollout' : 'Deployment';
  if (!facts || manifest.kind === wanted) return [];
  const message = `the catalog makes ${service}.${workload} a ${wanted} in ${set.environment}. Render one, or change canary.`;
  return [faultOf(set, manifest, { code: 'X205', message })];
}

function missingFaults(set: RenderedEnvironment, { manifest, namespace }: PodMaker): Fault[] {
  const canary = fieldOf(manifest, 'spec', 'strategy', 'canary');
  const named = (kind: string, ...path: string[]): [string, string | undefined] => [
    kind,
    asText(fieldOf(canary, ...path)),
  ];
  const analyses = [...asMaps(fieldOf(canary, 'steps')), { analysis: fieldOf(canary, 'analysis') }]
    .flatMap(({ analysis }) => asMaps(fieldOf(analysis, 'templates')))
    .map(({ templateName }): [string, string | undefined] => ['AnalysisTemplate', asText(templateName)]);
  const wanted = [
    named('Service', 'stableService'),
    named('Service', 'canaryService'),
    named('Service', 'pingPong', 'pingService'),
    named('Service', 'pingPong', 'pongService'),
    named('Ingress', 'trafficRouting', 'alb', 'ingress'),
    ...analyses,
  ];
  return wanted
    .filter(([kind, name]) => name && !set.manifests.some((object) => isObject(object, { kind, namespace, name })))
    .map(([kind, name]) => {
      const message = `there is no ${kind} ${name}, so it would never start. Render it in ${namespace}.`;
      return faultOf(set, manifest, { code: 'X206', at: 'spec.strategy.canary', message });
    });
}
