import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';
import { loggedFault } from './fault-text.ts';

export type Log = Logger;

/** One JSON object a line on standard output. Never log tokens, addresses or e-mail: what slips in under these names is cut. */
export function createLog(options: { name: string; level: string }, destination?: DestinationStream): Log {
  const settings = {
    name: options.name,
    level: options.level,
    base: { name: options.name },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    // Both names are used; without this an Error would be logged as an empty object.
    serializers: { err: (error: unknown) => loggedFault(error), error: (error: unknown) => loggedFault(error) },
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: ['*.authorization', '*.cookie', '*.email', '*.ip', '*.password', '*.token'], censor: '[cut]' },
  };
  return destination ? pino(settings, destination) : pino(settings);
}
