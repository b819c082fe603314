import type { Fault } from '@millrace/catalog/fault.ts';
import { repositoryName } from '@millrace/catalog/names.ts';
import { asMaps, asText } from '@millrace/fargate/fields.ts';
import { exampleAnnotation } from '../place.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import type { PodMaker } from './objects.ts';
import { faultOf, podMakers } from './objects.ts';

/** X901: every image is the release's pin of its service, by digest. X902: an example is marked, and nothing else is. */
export function images(set: RenderedEnvironment): Fault[] {
  return podMakers(set).flatMap((maker) => [...digestFaults(set, maker), ...markFaults(set, maker)]);
}

function digestFaults(set: RenderedEnvironment, { manifest, pod, service }: PodMaker): Fault[] {
  const pin = set.release.pins[service];
  const wanted = pin && `${set.platform.registry}/${repositoryName(service)}@${pin.digest}`;
  const containers = ['initContainers', 'containers'].flatMap((field) => asMaps(pod.spec[field]));
  return containers.flatMap((container) => {
    const image = asText(container['image']) ?? 'nothing';
    if (image === wanted) return [];
    const fix = wanted ? `Write ${wanted}.` : `releases/${set.environment}.json has no pin of ${service}; add one.`;
    return [
      faultOf(set, manifest, { code: 'X901', at: 'spec.template.spec', message: `its image is ${image}. ${fix}` }),
    ];
  });
}

function markFaults(set: RenderedEnvironment, { manifest, pod }: PodMaker): Fault[] {
  const isExample = set.release.example === true;
  const marks = [manifest.metadata.annotations?.[exampleAnnotation], pod.annotations[exampleAnnotation]];
  if (marks.every((mark) => (mark === 'true') === isExample)) return [];
  const message = isExample
    ? `its image is an example. Write ${exampleAnnotation}: "true" on it and on its pods.`
    : `it is marked as an example and is none. Take ${exampleAnnotation} away.`;
  return [faultOf(set, manifest, { code: 'X902', at: 'metadata.annotations', message })];
}
