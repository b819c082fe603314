import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environments } from '@millrace/catalog/environments.ts';
import type { Grant } from '@millrace/catalog/least-privilege.ts';
import { allRoles } from '@millrace/catalog/least-privilege.ts';
import type { Service } from '@millrace/catalog/service.ts';
import type { GrantRow } from './services-page.ts';

/** Roles are alike in every environment but for its name and account, so one stands for all. */
const shown: EnvironmentName = 'dev';

/** What each service's role may do, by service, in words that hold for every environment. */
export function grantRows(services: readonly Service[]): Map<string, GrantRow[]> {
  return new Map(allRoles(shown, services).map(({ owner, grants }) => [owner, grants.map(rowOf)]));
}

function rowOf({ actions, resources, conditions }: Grant): GrantRow {
  return {
    actions: [...actions],
    resources: resources.map(anyEnvironment),
    conditions: conditions.map(({ variable, values }) => `${variable} is ${values.map(anyEnvironment).join(' or ')}`),
  };
}

const anyEnvironment = (text: string): string =>
  text
    .replaceAll(environments[shown].account, '<account>')
    .replaceAll(environments[shown].domain, '<domain>')
    .replaceAll(new RegExp(`(?<![a-z0-9-])${shown}(?=[-/])`, 'g'), '<env>');
