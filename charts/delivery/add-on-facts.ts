import type { AddOn } from '@millrace/catalog/add-ons.ts';
import { podSize } from '@millrace/catalog/fargate.ts';
import type { DeliveryPlace } from './delivery-place.ts';

/** An add-on in the place where its values are written. */
export interface AddOnPlace extends DeliveryPlace {
  addOn: AddOn;
}

interface Amounts {
  cpu: string;
  memory: string;
}

/** What most charts take for pods: how many there are, and what each asks for. Limits are requests, as Fargate has it. */
export interface PodValues {
  replicas: number;
  resources: { requests: Amounts; limits: Amounts };
}

/** The values of the add-on's pods of this name. @throws RangeError when the catalog has none. */
export function podValues({ addOn, environment }: AddOnPlace, name: string): PodValues {
  const pods = addOn.pods.find((each) => each.name === name);
  if (!pods) throw new RangeError(`${addOn.name} has no pods ${name}`);
  const { vcpu, requestMib } = podSize(pods.size);
  const amounts = { cpu: `${vcpu * 1000}m`, memory: `${requestMib}Mi` };
  return { replicas: pods.replicas[environment], resources: { requests: amounts, limits: amounts } };
}

/** A budget that lets one pod go; of one pod there is none, for it would stop every eviction. */
export const budgetOf = ({ replicas }: PodValues): { maxUnavailable: number } | undefined =>
  replicas > 1 ? { maxUnavailable: 1 } : undefined;

/** The annotations by which a service account takes the add-on's role. @throws RangeError when the contract lacks it. */
export function roleAnnotations({ addOn, platform }: AddOnPlace): Record<string, string> {
  const role = platform.addOns[addOn.identity?.name ?? ''];
  if (!role) throw new RangeError(`${addOn.name} has no role in ${platform.environment}: checked before rendering`);
  return { 'eks.amazonaws.com/role-arn': role.roleArn, 'eks.amazonaws.com/sts-regional-endpoints': 'true' };
}

/** A chart's `serviceAccount`: the add-on's, with its role. */
export const serviceAccountValues = (place: AddOnPlace): object => ({
  create: true,
  name: place.addOn.identity?.serviceAccount,
  annotations: roleAnnotations(place),
});
