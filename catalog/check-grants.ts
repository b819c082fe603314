import { environmentNames } from './environments.ts';
import type { Fault } from './fault.ts';
import type { Grant } from './least-privilege.ts';
import { grantsOf } from './least-privilege.ts';
import type { Service } from './service.ts';

/** E081: an action or a resource that means more than one thing. */
export function grantFaults(service: Service): Fault[] {
  const grants = environmentNames.flatMap((environment) => grantsOf(service, environment));
  return [...new Set(grants.flatMap((grant) => wildcardsOf(grant).map((text) => `${grant.sid}\n${text}`)))].map(
    (pair) => {
      const [sid, text] = pair.split('\n');
      const message = `${sid} would allow ${text}. Name the bucket and a prefix that ends in "/", without wildcards.`;
      return { place: `${service.name}.access`, code: 'E081', message };
    },
  );
}

/**
 * The parts of a grant with a wildcard, except the two that AWS's own naming forces: what follows a bucket's prefix, and
 * the six letters at the end of a secret's ARN.
 */
export function wildcardsOf({ actions, resources }: Grant): string[] {
  const wild = resources.filter((arn) => /[*?]/.test(exactPart(arn)));
  return [...actions.filter((action) => /[*?]/.test(action)), ...wild];
}

function exactPart(arn: string): string {
  if (/^arn:[^:]+:s3:::[^/]+\/.+\/\*$/.test(arn)) return arn.slice(0, -1);
  return arn.replace(/^(arn:[^:]+:secretsmanager:.*)-\?{6}$/, '$1');
}
