import type { Uploads } from '@millrace/runtime/uploads.ts';
import { openUploads } from '@millrace/runtime/uploads.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { ProductConfig } from './config.ts';

/** The bucket of products' images; keys are `product/image/<product id>/<uuid>`. */
export function openProductUploads({ config, clock, random }: Workload<ProductConfig>): Uploads {
  return openUploads({
    service: 'product',
    purpose: 'image',
    bucket: config.PRODUCTS_BUCKET,
    region: config.AWS_REGION,
    endpoint: config.AWS_ENDPOINT_URL,
    clock,
    random,
  });
}
