import { asList, asMap, asText, fieldOf } from '@millrace/fargate/fields.ts';
import type { Widening } from './role-widening.ts';

/** Which services each service may call, by name: Terraform opens their security groups for it. */
export type Calls = Readonly<Record<string, readonly string[]>>;

/** The calls of a `catalog.auto.tfvars.json`; undefined when it is older than they are. */
export function callsIn(inputs: unknown): Calls | undefined {
  const services = Object.entries(asMap(fieldOf(inputs, 'catalog', 'services')));
  const entries = services.flatMap(([name, service]) => {
    const { calls } = asMap(service);
    return calls === undefined ? [] : [[name, asList(calls).flatMap((each) => asText(each) ?? [])] as const];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** What a service may call now and could not before. */
export const callWidenings = (before: Calls, after: Calls): Widening[] =>
  Object.entries(after).flatMap(([service, calls]) =>
    calls
      .filter((called) => !before[service]?.includes(called))
      .map((called) => ({ subject: `service ${service}`, what: `may call the API of ${called}` })),
  );
