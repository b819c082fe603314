/** A statement of a policy document, with every list sorted, so that two that say the same are the same. */
export interface Statement {
  sid: string;
  effect: string;
  actions: string[];
  resources: string[];
  /** `AWS arn:…`, `Service sqs.amazonaws.com`; empty in a policy of a role. */
  principals: string[];
  /** `StringEquals aws:SourceAccount 1,2` */
  conditions: string[];
  /** NotAction, NotResource, NotPrincipal: what reads the other way round. */
  negated: string[];
}

interface RawStatement {
  Sid?: string;
  Effect?: string;
  Action?: string | string[];
  Resource?: string | string[];
  Principal?: string | Record<string, string | string[]>;
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** Reads a policy document. @throws Error when the text is no JSON. */
export function statementsIn(text: string): Statement[] {
  const { Statement: found = [] } = JSON.parse(text) as { Statement?: RawStatement | RawStatement[] };
  return [found].flat().map(statementOf);
}

function statementOf(raw: RawStatement): Statement {
  const { Sid = '', Effect = '', Action, Resource, Principal, Condition = {} } = raw;
  return {
    sid: Sid,
    effect: Effect,
    actions: listOf(Action),
    resources: listOf(Resource),
    principals: principalsOf(Principal),
    conditions: Object.entries(Condition)
      .flatMap(([test, variables]) =>
        Object.entries(variables).map(([variable, values]) => `${test} ${variable} ${listOf(values).join(',')}`),
      )
      .sort(),
    negated: Object.keys(raw).filter((key) => key.startsWith('Not')),
  };
}

const listOf = (value: string | string[] | undefined): string[] => [value ?? []].flat().toSorted();

function principalsOf(principal: RawStatement['Principal']): string[] {
  if (principal === undefined) return [];
  if (typeof principal === 'string') return [`AWS ${principal}`];
  return Object.entries(principal)
    .flatMap(([kind, names]) => listOf(names).map((name) => `${kind} ${name}`))
    .sort();
}
