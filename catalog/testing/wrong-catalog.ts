import type { Service } from '../service.ts';

/** A catalog that must be refused: with which code, where, and with which words. */
export interface WrongCatalog {
  code: string;
  what: string;
  catalog: readonly Service[];
  place: string;
  message: string;
}
