import { createHash } from 'node:crypto';
import type { ApiClient, Reply } from '../tools/api-client.ts';
import { definitionSources } from './kinds.ts';
import type { ModuleObject } from './module-documents.ts';
import { readModuleObjects } from './module-documents.ts';

const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
/** What a definition was made from, so that a later start sees that it need not be written again. */
const hashAnnotation = 'millrace.dev/definition-hash';

/** A custom resource definition, as far as it is read here. */
interface Definition extends ModuleObject {
  metadata: { name: string; annotations?: Record<string, string> };
  spec: { group: string; names: { plural: string }; versions: { name: string; served: boolean }[] };
}

/**
 * Custom resource definitions of the add-ons' own modules, as their releases hold them. One that is there already
 * becomes what the release holds.
 */
export async function installDefinitions(api: ApiClient): Promise<void> {
  const definitions = (await readModuleObjects(definitionSources)) as Definition[];
  await Promise.all(definitions.map((definition) => install(api, withHash(withoutDescriptions(definition)))));
}

/** Two thirds of their bytes are for readers: the server is ready in a third of the time without them. */
function withoutDescriptions(definition: Definition): Definition {
  const isText = (key: string, value: unknown): boolean => key === 'description' && typeof value === 'string';
  return JSON.parse(JSON.stringify(definition, (key, value: unknown) => (isText(key, value) ? undefined : value)));
}

async function install(api: ApiClient, definition: Definition): Promise<void> {
  const { name } = definition.metadata;
  const created = await api.ask('POST', path, { body: definition });
  const reply = created.status === 409 ? await replace(api, definition) : created;
  if (reply.status >= 300) throw new Error(`${name}: ${reply.status} ${String(reply.body['message'])}`);
  const { group, names, versions } = definition.spec;
  const version = versions.find(({ served }) => served)?.name ?? '';
  // Definitions are large, so its resource is asked for, not whether the definition says that it is established.
  await api.waitFor(`/apis/${group}/${version}/${names.plural}?limit=1`, ({ status }) => status === 200);
}

async function replace(api: ApiClient, definition: Definition): Promise<Reply> {
  const own = `${path}/${definition.metadata.name}`;
  const known = await api.ask('GET', own);
  const { resourceVersion, annotations } = known.body['metadata'] as {
    resourceVersion: string;
    annotations?: Record<string, string>;
  };
  if (annotations?.[hashAnnotation] === definition.metadata.annotations?.[hashAnnotation]) return known;
  return api.ask('PUT', own, { body: { ...definition, metadata: { ...definition.metadata, resourceVersion } } });
}

function withHash(definition: Definition): Definition {
  const hash = createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 16);
  const annotations = { ...definition.metadata.annotations, [hashAnnotation]: hash };
  return { ...definition, metadata: { ...definition.metadata, annotations } };
}
