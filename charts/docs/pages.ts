import { environments } from '@millrace/catalog/environments.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { eventsPage } from './events-page.ts';
import { grantRows } from './grant-rows.ts';
import { servicesPage } from './services-page.ts';

/** A generated page: its name in docs/generated/ and its text. */
export interface Page {
  file: string;
  text: string;
}

/** Every generated page. The same catalog gives the same bytes. */
export function generatedPages(services: readonly Service[]): Page[] {
  return [
    { file: 'services.md', text: servicesPage({ services, environments, grants: grantRows(services) }) },
    { file: 'events.md', text: eventsPage({ services, environments }) },
  ];
}
