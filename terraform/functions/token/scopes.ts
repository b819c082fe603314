/** As much of Cognito's event "pre token generation", version 2, as is read or written. */
export interface TokenEvent {
  request: { groupConfiguration?: { groupsToOverride?: string[] | null } | null; scopes?: string[] | null };
  response: {
    claimsAndScopeOverrideDetails?: {
      accessTokenGeneration: { scopesToAdd: string[]; scopesToSuppress: string[] };
    };
  };
}

const groupPrefix = 'scope:';
const scopeForm = /^[a-z]+:[a-z]+$/;

/**
 * Parses the scopes that groups may give, with blanks between them.
 * @throws Error when there is none, or one is not of the form `products:write`.
 */
export function parseScopes(text: string | undefined): ReadonlySet<string> {
  const scopes = (text ?? '').split(' ').filter((scope) => scope !== '');
  if (scopes.length === 0) throw new Error('SCOPES is missing: write the scopes that groups may give');
  const wrong = scopes.find((scope) => !scopeForm.test(scope));
  if (wrong !== undefined) throw new Error(`SCOPES: "${wrong}" is not a scope such as products:write`);
  return new Set(scopes);
}

/**
 * Puts into the access token the scope of each group `scope:<scope>` that the person is in, and takes out what an
 * application asked for and no group gives. Groups of other names, and scopes that are not in `known`, give nothing.
 */
export function withScopes<Event extends TokenEvent>(event: Event, known: ReadonlySet<string>): Event {
  const groups = event.request.groupConfiguration?.groupsToOverride ?? [];
  const given = new Set(groups.flatMap(scopeOfGroup).filter((scope) => known.has(scope)));
  const asked = event.request.scopes ?? [];
  const scopesToSuppress = asked.filter((scope) => known.has(bareScope(scope)) && !given.has(bareScope(scope)));
  const accessTokenGeneration = { scopesToAdd: [...given].sort(), scopesToSuppress };
  return { ...event, response: { claimsAndScopeOverrideDetails: { accessTokenGeneration } } };
}

function scopeOfGroup(group: string): string[] {
  return group.startsWith(groupPrefix) ? [group.slice(groupPrefix.length)] : [];
}

/** Cognito writes a resource server's scope as `millrace/products:write`; the services ask for `products:write`. */
function bareScope(scope: string): string {
  return scope.slice(scope.indexOf('/') + 1);
}
