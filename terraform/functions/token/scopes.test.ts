import { expect, test } from 'vitest';
import type { TokenEvent } from './scopes.ts';
import { parseScopes, withScopes } from './scopes.ts';

const known = parseScopes('analytics:read products:write payments:operate');

function eventOf(groups: string[] | undefined, scopes: string[] = ['openid', 'email']): TokenEvent {
  return { request: { groupConfiguration: { groupsToOverride: groups ?? null }, scopes }, response: {} };
}
const accessOf = (event: TokenEvent) =>
  withScopes(event, known).response.claimsAndScopeOverrideDetails?.accessTokenGeneration;

test('each group scope:<scope> gives its scope', () => {
  expect(accessOf(eventOf(['scope:products:write', 'scope:analytics:read', 'millrace:insight']))).toEqual({
    scopesToAdd: ['analytics:read', 'products:write'],
    scopesToSuppress: [],
  });
});

test.each([
  ['no group', undefined],
  ['a group of another name', ['products:write', 'millrace:platform', 'xscope:products:write']],
  ['a scope that is not known', ['scope:everything:write', 'scope:']],
])('%s gives nothing', (_, groups) => {
  expect(accessOf(eventOf(groups))).toEqual({ scopesToAdd: [], scopesToSuppress: [] });
});

test('what an application asked for and no group gives is taken out', () => {
  const asked = ['openid', 'millrace/products:write', 'millrace/analytics:read', 'payments:operate'];
  expect(accessOf(eventOf(['scope:analytics:read'], asked))).toEqual({
    scopesToAdd: ['analytics:read'],
    scopesToSuppress: ['millrace/products:write', 'payments:operate'],
  });
});

test('the rest of the event stays as Cognito sent it', () => {
  const event = { ...eventOf(['scope:products:write']), version: '2', userName: 'ada' };
  expect(withScopes(event, known)).toMatchObject({ version: '2', userName: 'ada', request: event.request });
  expect(accessOf({ request: {}, response: {} })).toEqual({ scopesToAdd: [], scopesToSuppress: [] });
});

test('a wrong list of scopes stops the function', () => {
  expect(() => parseScopes(undefined)).toThrow('SCOPES is missing');
  expect(() => parseScopes('products:write scope:products:write')).toThrow('"scope:products:write" is not a scope');
});
