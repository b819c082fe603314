import { callFaults } from './check-calls.ts';
import { canaryFaults } from './check-canary.ts';
import { cycleFaults } from './check-cycles.ts';
import { deliveryFaults } from './check-delivery.ts';
import { eventFaults } from './check-events.ts';
import { filterFaults } from './check-filters.ts';
import { grantFaults } from './check-grants.ts';
import { routeFaults } from './check-routes.ts';
import { secretFaults, secretLook, withoutSecrets } from './check-secrets.ts';
import { ownFaults } from './check-service.ts';
import { serviceShapeFaults } from './check-shape.ts';
import { subscriptionFaults } from './check-subscriptions.ts';
import { environments } from './environments.ts';
import type { Fault } from './fault.ts';
import { sortFaults } from './fault.ts';
import { knownPart, outside } from './known-part.ts';
import type { Service } from './service.ts';

export type { Fault } from './fault.ts';

/**
 * Checks the catalog as a whole and gives back every fault and warning, sorted, so that two runs say the same. The values
 * are compared with their shape first: a member that lacks its shape is not looked at further, everything else is.
 */
export function checkCatalog(services: readonly Service[]): Fault[] {
  const parts = services.map(knownPart);
  const known = parts.map(({ service }) => service);
  const related = [
    ...known.flatMap((service) => [
      ...ownFaults(service, known),
      ...canaryFaults(service),
      ...deliveryFaults(service),
      ...subscriptionFaults(service),
      ...filterFaults(service),
      ...grantFaults(service),
    ]),
    ...callFaults(known),
    ...routeFaults(known),
    ...eventFaults(known),
    ...cycleFaults(known),
  ];
  const secrets = [
    ...services.flatMap((service, index) => secretFaults(service, nameOf(service, index))),
    ...secretFaults(environments, 'catalog/environments.ts environments'),
  ];
  const faults = [
    ...services.flatMap(serviceShapeFaults),
    ...outside(
      related,
      parts.flatMap(({ broken }) => broken),
    ),
  ];
  return sortFaults([...secrets, ...withoutSecrets(faults, secrets)]);
}

/** The name in places; one that is itself a secret is not said. */
function nameOf(service: Service, index: number): string {
  const name: unknown = service?.name;
  return typeof name === 'string' && name !== '' && !secretLook(name) ? name : `services[${index}]`;
}

/** One line for a person. A place without a file stands in the catalog's own. */
export const formatFault = (fault: Fault): string => formatFaultIn('catalog/services.ts', fault);

/** One line for a person, where the catalog is another file. */
export function formatFaultIn(file: string, fault: Fault): string {
  const place = /^[\w.-]*\//.test(fault.place) ? fault.place : `${file} ${fault.place}`.trim();
  return `${place}: ${fault.code} ${fault.message}`;
}

/** A warning (a code with W) is printed and stops nothing. */
export const isWarning = (fault: Fault): boolean => fault.code.startsWith('W');
