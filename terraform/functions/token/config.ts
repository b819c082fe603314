import { parseScopes } from './scopes.ts';

export const knownScopes = parseScopes(process.env['SCOPES']);
