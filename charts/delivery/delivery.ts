import { addAddOns } from './add-ons.ts';
import { addServiceApplications } from './application-set.ts';
import { addClusterApplication, addRoot } from './applications.ts';
import type { DeliveryPlace } from './delivery-place.ts';
import { addProjects } from './projects.ts';

/** Everything that an environment's Argo CD is told. It lies in Git like all else, and Argo CD reads it from there. */
export function addDelivery(place: DeliveryPlace): void {
  addProjects(place);
  addRoot(place);
  addClusterApplication(place);
  addAddOns(place);
  addServiceApplications(place);
}
