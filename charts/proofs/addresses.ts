import type { Fault } from '@millrace/catalog/fault.ts';
import { asMaps, fieldOf } from '@millrace/fargate/fields.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import type { PodMaker } from './objects.ts';
import { faultOf, isObject, podMakers } from './objects.ts';
import { variablesOfPod } from './variables.ts';

const inside = /^https?:\/\/([a-z0-9-]+)\.([a-z0-9-]+)\.svc\.cluster\.local(?::(\d+))?(?:\/|$)/;

/**
 * X915: where a variable says that another service of the catalog answers, a Service with that port is; X916: and the caller
 * declares the call, because security groups let nobody else through.
 */
export function addresses(set: RenderedEnvironment): Fault[] {
  return podMakers(set).flatMap((maker) =>
    Object.entries(variablesOfPod(set, maker)).flatMap(([name, value]) => {
      const [, host = '', namespace = '', port = '80'] = inside.exec(value) ?? [];
      // What is not released is not rendered either, and what the platform itself runs is not of the catalog.
      if (!set.release.pins[namespace] || !set.services.some((service) => service.name === namespace)) return [];
      return addressFaults(set, maker, { name, value, host, namespace, port: Number(port) });
    }),
  );
}

interface Address {
  name: string;
  value: string;
  host: string;
  namespace: string;
  port: number;
}

function addressFaults(set: RenderedEnvironment, maker: PodMaker, address: Address): Fault[] {
  const { name, value, host, namespace, port } = address;
  const found = set.manifests.find((each) => isObject(each, { kind: 'Service', namespace, name: host }));
  const ports = asMaps(fieldOf(found, 'spec', 'ports')).map((each) => each['port']);
  if (!ports.includes(port)) {
    const message = `${name} is ${value}, where nothing answers. Write the name and port of a Service of ${namespace}.`;
    return [faultOf(set, maker.manifest, { code: 'X915', message })];
  }
  const caller = set.services.find((service) => service.name === maker.service);
  const isDeclared = caller?.access.some((access) => access.kind === 'service' && access.name === namespace);
  if (isDeclared || namespace === maker.service) return [];
  const message = `${name} is ${value}, and ${maker.service} does not declare that it calls ${namespace}. Add it to its access.`;
  return [faultOf(set, maker.manifest, { code: 'X916', message })];
}
