import { openKeyring } from '@millrace/runtime/keyring.ts';
import type { Route } from '@millrace/runtime/route.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { ApiParts } from './api-parts.ts';
import type { ProductConfig } from './config.ts';
import { editRoutes } from './edit-routes.ts';
import { imageRoutes } from './image-routes.ts';
import { productRoutes } from './product-routes.ts';
import { recommendationRoutes } from './recommendation-routes.ts';
import { openProductUploads } from './uploads.ts';

/** Every route of this service. Paths with a word come before those with an id. */
export function apiRoutes(own: Workload<ProductConfig>, uploads = openProductUploads(own)): Route[] {
  const { database, clock, random } = own;
  const signingKeys = openKeyring(own, 'SIGNING_KEY');
  const parts: ApiParts = { database, uploads, signingKeys, clock, random };
  return [...recommendationRoutes(parts), ...productRoutes(parts), ...editRoutes(parts), ...imageRoutes(parts)];
}
