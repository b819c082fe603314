import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { readConfig } from '../config.ts';
import { EnvironmentFault } from '../environment-fault.ts';
import type { ControlPlane } from '../tools/control-plane.ts';
import type { Schema } from './convert.ts';
import { definitionSources } from './kinds.ts';

/** Custom resource definitions of the add-ons' own modules, as their releases hold them. */
export async function installDefinitions(plane: ControlPlane): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  for (const source of definitionSources) {
    const folder = await moduleFolder(source);
    for (const file of source.files) {
      for (const document of parseAllDocuments(readFileSync(join(folder, file), 'utf8'))) {
        const body = document.toJS() as { metadata?: { name: string } } | null;
        if (!body?.metadata) continue;
        const reply = await plane.ask('POST', path, { body });
        if (reply.status !== 201) throw new Error(`${file}: ${reply.status} ${String(reply.body['message'])}`);
        await plane.waitFor(`${path}/${body.metadata.name}`, isEstablished);
      }
    }
  }
}

function isEstablished({ body }: { body: Schema }): boolean {
  const { conditions } = (body['status'] ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false;
}

async function moduleFolder({ module, version }: { module: string; version: string }): Promise<string> {
  try {
    const words = ['mod', 'download', '-json', `${module}@${version}`];
    const { stdout } = await promisify(execFile)('go', words, { env: readConfig().environment, timeout: 600_000 });
    return (JSON.parse(stdout) as { Dir: string }).Dir;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new EnvironmentFault(`E914 ${module}@${version} could not be fetched: ${reason}`);
  }
}
