import { expect, test } from 'vitest';
import type { Secrets, Step } from './rotation.ts';
import { rotate, writeFirstValue } from './rotation.ts';

const secret = 'arn:aws:secretsmanager:us-east-1:777788889999:secret:prod/millrace/order/signing-key-AbCdEf';
const steps: Step[] = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

/** Secrets Manager in memory: a label is on one version at a time, and AWSPREVIOUS follows AWSCURRENT. */
function memory(options: { isRotating?: boolean } = {}) {
  const texts = new Map<string, string>();
  const labels = new Map<string, string>();
  const writes: string[] = [];
  const secrets: Secrets = {
    describe: async () => {
      const stages: Record<string, string[]> = {};
      for (const [label, version] of labels) stages[version] = [...(stages[version] ?? []), label];
      return { isRotating: options.isRotating ?? true, stages };
    },
    readPending: async (_, version) => (labels.get('AWSPENDING') === version ? texts.get(version) : undefined),
    write: async (_, { version, text, stage }) => {
      writes.push(text);
      texts.set(version, text);
      labels.set(stage, version);
    },
    makeCurrent: async (_, { to, from }) => {
      expect(from).toBe(labels.get('AWSCURRENT'));
      if (from !== undefined) labels.set('AWSPREVIOUS', from);
      labels.set('AWSCURRENT', to);
    },
  };
  const textOf = (label: string): string | undefined => texts.get(labels.get(label) ?? '');
  /** What Secrets Manager does when a rotation starts: a label on a version that has no value. */
  const begin = (version: string): void => void labels.set('AWSPENDING', version);
  return { secrets, writes, textOf, begin };
}

let made = 0;
function randomText(bytes: number): string {
  made += 1;
  return `${made}`.padStart(Math.ceil((bytes * 4) / 3), 'k');
}
const random = { text: randomText, id: () => `first-${made}` };
const eventOf = (Step: Step, ClientRequestToken: string) => ({ SecretId: secret, ClientRequestToken, Step });

async function rotateWholly(store: ReturnType<typeof memory>, version: string): Promise<void> {
  store.begin(version);
  for (const step of steps) await rotate(store.secrets, eventOf(step, version), randomText);
}

test('a secret gets its first value once', async () => {
  const store = memory();
  expect(await writeFirstValue(store.secrets, secret, random)).toBe('written');
  expect(await writeFirstValue(store.secrets, secret, random)).toBe('kept');
  expect(store.writes).toHaveLength(1);
  expect(store.textOf('AWSCURRENT')).toHaveLength(64);
});

test('after a rotation the new key is current and the one before it can still be read', async () => {
  const store = memory();
  await writeFirstValue(store.secrets, secret, random);
  const first = store.textOf('AWSCURRENT');
  await rotateWholly(store, 'second');
  const second = store.textOf('AWSCURRENT');
  expect(second).not.toBe(first);
  expect(store.textOf('AWSPREVIOUS')).toBe(first);
  await rotateWholly(store, 'third');
  expect(store.textOf('AWSPREVIOUS')).toBe(second);
});

test('a step that comes again changes nothing', async () => {
  const store = memory();
  await writeFirstValue(store.secrets, secret, random);
  store.begin('second');
  for (const step of steps) {
    await rotate(store.secrets, eventOf(step, 'second'), randomText);
    await rotate(store.secrets, eventOf(step, 'second'), randomText);
  }
  expect(store.writes).toHaveLength(2);
  expect(store.textOf('AWSCURRENT')).toBe(store.writes[1]);
  expect(store.textOf('AWSPREVIOUS')).toBe(store.writes[0]);
});

test('before the last step everybody still reads the old key', async () => {
  const store = memory();
  await writeFirstValue(store.secrets, secret, random);
  store.begin('second');
  for (const step of steps.slice(0, -1)) await rotate(store.secrets, eventOf(step, 'second'), randomText);
  expect(store.textOf('AWSCURRENT')).toBe(store.writes[0]);
});

test.each([
  ['an empty version', undefined, 'the pending version has no text'],
  ['a short key', 'short', 'the pending text is shorter than 32 characters'],
])('%s does not pass the test', async (_, text, message) => {
  const store = memory();
  await writeFirstValue(store.secrets, secret, random);
  store.begin('second');
  if (text !== undefined) await store.secrets.write(secret, { version: 'second', text, stage: 'AWSPENDING' });
  await expect(rotate(store.secrets, eventOf('testSecret', 'second'), randomText)).rejects.toThrow(message);
});

test('a secret whose rotation is off, and a version that is not pending, are refused', async () => {
  const off = memory({ isRotating: false });
  await expect(rotate(off.secrets, eventOf('createSecret', 'second'), randomText)).rejects.toThrow('does not rotate');
  const store = memory();
  await writeFirstValue(store.secrets, secret, random);
  await expect(rotate(store.secrets, eventOf('finishSecret', 'other'), randomText)).rejects.toThrow('is not pending');
});

test('a step that is none is refused', async () => {
  const store = memory();
  store.begin('second');
  const event = eventOf('dropSecret' as Step, 'second');
  await expect(rotate(store.secrets, event, randomText)).rejects.toThrow('dropSecret is not a step');
});
