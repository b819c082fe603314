import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { platform } from '@millrace/catalog/platform.ts';
import { describe, expect, it } from 'vitest';
import { readBuilt } from './built.ts';
import { builtFaults } from './check-built.ts';
import { comparable } from './comparable.ts';
import { contractOf, contractSchema, platformIn } from './contract-text.ts';
import { findTerraform, repositoryRoot } from './find-terraform.ts';
import { keptTypes } from './guards/encryption.ts';

/** The first time after a change each environment takes minutes; `make terraform` keeps the answer. */
const applyMs = 60 * 60_000;
const isOffline = await findTerraform().then(
  (terraform) => terraform.isOffline,
  (error: Error) => {
    // A machine without Terraform runs the other tests; providers that are there and do not build are a fault.
    if (!error.message.startsWith('E920')) throw error;
    return false;
  },
);
if (!isOffline) {
  console.warn(
    'What Terraform builds was not looked at: it wants Terraform, and offline providers at ../shared/tools/terraform-aws-offline.',
  );
}

describe.skipIf(!isOffline)('what Terraform builds', () => {
  it.each(environmentNames)(
    'is what the catalog asks for, encrypted, as narrow as the list, as many as written down: %s',
    async (environment) => {
      const built = await readBuilt(environment);
      expect(built.resources.length).toBeGreaterThan(500);
      expect(builtFaults(built)).toEqual([]);
    },
    applyMs,
  );

  it(
    'has something of each kind whose key is looked at',
    async () => {
      const types = new Set((await readBuilt('prod')).resources.map(({ type }) => type));
      expect(keptTypes.filter((type) => !types.has(type))).toEqual([]);
    },
    applyMs,
  );

  it(
    'reads the same in two environments where it is the same',
    async () => {
      const [dev, prod] = [comparable(await readBuilt('dev')), comparable(await readBuilt('prod'))];
      const queue = 'events.aws_sqs_queue.queue["order-StockReserved"]';
      expect(dev[queue]).toBeDefined();
      expect(dev[queue]).toEqual(prod[queue]);
    },
    2 * applyMs,
  );
});

describe('the platform contract', () => {
  const example = (): Record<string, unknown> =>
    JSON.parse(readFileSync(join(repositoryRoot, 'catalog/platform.dev.json'), 'utf8')) as Record<string, unknown>;

  it('is read from what Terraform gives out, without nulls', () => {
    const { delivery, ...rest } = example();
    const output = { ...rest, delivery: { ...(delivery as object), signatureKeys: null } };
    const text = JSON.stringify({ contract: { sensitive: false, type: 'object', value: output } });
    const contract = contractOf('dev', platformIn(text));
    expect(contract.faults).toEqual([]);
    expect(platform.parse(JSON.parse(contract.text))).toEqual(example());
    expect(() => platformIn('{}')).toThrow('there is no output "contract"');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['of another environment', { environment: 'prod' }, 'E060'],
    ['of another account', { account: '123456789012' }, 'E080'],
    ['without a certificate', { edge: { ...(example()['edge'] as object), certificateArn: undefined } }, 'E063'],
    ['with a public database', { aurora: { ...(example()['aurora'] as object), isPublic: true } }, 'E064'],
    ['with something that nobody knows', { bastion: 'i-1' }, 'bastion'],
  ])('is refused when it is %s', (_, values, wanted) => {
    const { faults } = contractOf('dev', { ...example(), ...values });
    expect(faults).toContainEqual(expect.stringContaining(wanted));
  });

  it('has a JSON Schema that is current', () => {
    const file = join(repositoryRoot, 'policies/schemas/platform-contract.json');
    expect(readFileSync(file, 'utf8')).toBe(contractSchema());
  });
});
