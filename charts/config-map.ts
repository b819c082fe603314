import type { Service } from '@millrace/catalog/service.ts';
import type { IConfigMap } from 'cdk8s-plus-29';
import { ConfigMap } from 'cdk8s-plus-29';
import type { Place } from './place.ts';
import { metadataOf } from './place.ts';
import { variablesOf } from './variables.ts';

/** The service's variables as its pods read them. Pods carry its checksum, so that a change replaces them. */
export function addConfigMap(place: Place, services: readonly Service[]): IConfigMap {
  const configMap = new ConfigMap(place.chart, 'config-map', {
    metadata: metadataOf(place, { name: place.service.name, wave: 'config' }),
    data: variablesOf({ ...place, services }),
  });
  // cdk8s-plus is compiled without exactOptionalPropertyTypes.
  return configMap as IConfigMap;
}
