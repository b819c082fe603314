import type { Built } from '../built.ts';
import type { Drift } from './built-index.ts';
import { eventDrift } from './events.ts';
import { profileDrift } from './profiles.ts';
import { roleDrift } from './roles.ts';
import { storeDrift } from './stores.ts';

/** Everything in which the two halves differ: what Terraform builds, and what manifests and services count on. */
export const driftOf = (built: Built): Drift[] => [
  ...roleDrift(built),
  ...profileDrift(built),
  ...eventDrift(built),
  ...storeDrift(built),
];

export const driftLine = ({ kind, name, message }: Drift): string => `${kind} ${name}: ${message}`;
