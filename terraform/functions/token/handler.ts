import { knownScopes } from './config.ts';
import type { TokenEvent } from './scopes.ts';
import { withScopes } from './scopes.ts';

/** Cognito calls it before it makes tokens: pre token generation, event version V2_0. */
export async function handler(event: TokenEvent): Promise<TokenEvent> {
  return withScopes(event, knownScopes);
}
