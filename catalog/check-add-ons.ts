import { addOnIdentities } from './add-ons.ts';
import { arnOf, roleArnOf } from './aws-names.ts';
import { nearest } from './did-you-mean.ts';
import type { EnvironmentName } from './environments.ts';
import { environments } from './environments.ts';
import type { Fault } from './fault.ts';
import { noticesName, roleName } from './names.ts';
import type { Platform } from './platform.ts';

/** E004, E010, E080: every add-on that AWS knows has a role of its own name, and nothing else is there. */
export function addOnFaults({ addOns: built }: Platform, environment: EnvironmentName): Fault[] {
  const names = addOnIdentities.map(({ name }) => name);
  const own = names.flatMap((name): Fault[] => {
    const role = roleArnOf(environment, roleName(environment, name));
    const found = built[name]?.roleArn;
    if (found === role) return [];
    if (found === undefined) {
      const message = `the add-on is missing. Run Terraform and write its outputs here: ${role}.`;
      return [{ place: `.addOns.${name}`, code: 'E004', message }];
    }
    return [{ place: `.addOns.${name}.roleArn`, code: 'E080', message: `is not the role of ${name}. Write ${role}.` }];
  });
  const unknown = Object.keys(built).filter((name) => !names.includes(name));
  const faults = unknown.map((name) => {
    const near = nearest(name, names);
    const message = `there is no such add-on in the catalog. ${near ? `Did you mean ${near}?` : 'Take it away, or add it to catalog/add-ons.ts.'}`;
    return { place: `.addOns.${name}`, code: 'E010', message };
  });
  return [...own, ...faults];
}

/** E066, E080: Argo CD has an address below the environment's, its own topic, and metrics of the environment's region. */
export function argoCdFaults({ argocd, telemetry, delivery }: Platform, environment: EnvironmentName): Fault[] {
  const { domain, region } = environments[environment];
  const faults: Fault[] = [];
  if (!argocd.domain.endsWith(`.${domain}`)) {
    const message = `${argocd.domain} is not below ${domain}, whose certificate and log-in it shares. Write argocd.${domain}.`;
    faults.push({ place: '.argocd.domain', code: 'E066', message });
  }
  const topic = arnOf(environment, 'sns', noticesName(environment));
  if (argocd.notificationTopicArn !== topic) {
    faults.push({ place: '.argocd.notificationTopicArn', code: 'E080', message: `is another topic. Write ${topic}.` });
  }
  const metrics = new RegExp(`^https://aps-workspaces\\.${region}\\.amazonaws\\.com/workspaces/[\\w-]+$`);
  if (!metrics.test(telemetry.metricsUrl)) {
    const message = `is no workspace of Prometheus in ${region}. Write https://aps-workspaces.${region}.amazonaws.com/workspaces/ws-….`;
    faults.push({ place: '.telemetry.metricsUrl', code: 'E080', message });
  }
  const { username, password } = new URL(delivery.repository);
  if (username || password) {
    const message =
      'the address holds a name or a password. Take it out: Argo CD has its own secret for the repository.';
    faults.push({ place: '.delivery.repository', code: 'E051', message });
  }
  return faults;
}
