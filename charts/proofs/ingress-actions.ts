import { asMaps, asText, fieldOf } from '@millrace/fargate/fields.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';

/** A port of a backend that is no port: an annotation of the Ingress says where its requests go. */
const fromAnnotation = 'use-annotation';
const actionPrefix = 'alb.ingress.kubernetes.io/actions.';

/** A Service and its port, by number or by name. */
export interface Backend {
  service: string;
  port: unknown;
}

/** Where the requests for a backend go: to it, or to those that its action names; none for an action that nobody can read. */
export function backendsOf(ingress: Manifest, backend: Backend): Backend[] {
  if (backend.port !== fromAnnotation) return [backend];
  const action = readAction(ingress.metadata.annotations?.[`${actionPrefix}${backend.service}`]);
  return asMaps(fieldOf(action, 'ForwardConfig', 'TargetGroups')).map((group) => ({
    service: asText(group['ServiceName']) ?? '',
    port: portOf(group['ServicePort']),
  }));
}

function readAction(text = ''): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The controller takes a number that is written as text for the number. */
const portOf = (port: unknown): unknown => (/^\d+$/.test(asText(port) ?? '') ? Number(port) : port);
