import { secretLook } from '@millrace/catalog/check-secrets.ts';
import type { Fault } from '@millrace/catalog/fault.ts';
import { asMaps, asText, asTexts, fieldOf } from '@millrace/fargate/fields.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import { isKnownVariable, requiredVariables } from './known-variables.ts';
import type { PodMaker } from './objects.ts';
import { containersOf, faultOf, isObject, podMakers } from './objects.ts';

/** Every variable of a pod's containers, those of its ConfigMaps included, as the process would see them. */
export function variablesOfPod(set: RenderedEnvironment, maker: PodMaker): Record<string, string> {
  const all = containersOf(maker).map((container) => {
    const maps = asMaps(container['envFrom']).map((source) => configMapOf(set, maker, source));
    const own = asMaps(container['env']).map(
      (entry) => [asText(entry['name']) ?? '', asText(entry['value']) ?? ''] as const,
    );
    return { ...Object.assign({}, ...maps.map((map) => asTexts(map?.['data']))), ...Object.fromEntries(own) };
  });
  return Object.assign({}, ...all);
}

function configMapOf(set: RenderedEnvironment, { namespace }: PodMaker, source: Record<string, unknown>) {
  const name = asText(fieldOf(source, 'configMapRef', 'name')) ?? '';
  return set.manifests.find((manifest) => isObject(manifest, { kind: 'ConfigMap', namespace, name }));
}

/** X911 to X914: each variable is one that the service's config reads, none that it needs is missing, none holds a secret. */
export function variables(set: RenderedEnvironment): Fault[] {
  return podMakers(set).flatMap((maker) => {
    const found = variablesOfPod(set, maker);
    const service = set.services.find(({ name }) => name === maker.service);
    const add = (code: string, message: string): Fault => faultOf(set, maker.manifest, { code, message });
    const lost = containersOf(maker).flatMap((container) =>
      asMaps(container['envFrom']).filter((source) => !configMapOf(set, maker, source)),
    );
    if (!service) return [];
    return [
      ...lost.map((source) => {
        const name = asText(fieldOf(source, 'configMapRef', 'name'));
        return add(
          'X913',
          `there is no ConfigMap ${name ?? '(a source of another kind)'} here. Render it, or mend the name.`,
        );
      }),
      ...Object.keys(found)
        .filter((name) => !isKnownVariable(name, service))
        .map((name) =>
          add('X911', `no config of ${service.name} reads ${name}. Mend the name, or add it to its config.ts.`),
        ),
      ...requiredVariables(service)
        .filter((name) => !(name in found) && !(`${name}_SECRET_ARN` in found))
        .map((name) =>
          add('X912', `${name} is missing and the process would not start. Render it in charts/variables.ts.`),
        ),
      ...Object.entries(found)
        .filter(([, value]) => secretLook(value))
        .map(([name, value]) => add('X914', `${name} looks like ${secretLook(value)}. Put it into Secrets Manager.`)),
    ];
  });
}
