/** What rotation needs of Secrets Manager. */
export interface Secrets {
  describe(secret: string): Promise<{ isRotating: boolean; stages: Record<string, readonly string[]> }>;
  /** The text of the version that is to become current; nothing when it has none yet. */
  readPending(secret: string, version: string): Promise<string | undefined>;
  write(secret: string, put: { version: string; text: string; stage: 'AWSCURRENT' | 'AWSPENDING' }): Promise<void>;
  /** Makes a version the current one. The one that was becomes AWSPREVIOUS, and stays readable. */
  makeCurrent(secret: string, move: { to: string; from: string | undefined }): Promise<void>;
}

export type Step = 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';

/** What Secrets Manager sends for each step of a rotation. */
export interface RotationEvent {
  SecretId: string;
  ClientRequestToken: string;
  Step: Step;
}

/** Random bytes from outside: text of that many bytes, in letters, digits, "-" and "_". */
export type RandomText = (bytes: number) => string;

/** 384 bits, which is 64 characters. The services refuse a key of less than 32 characters. */
const keyBytes = 48;
const shortestKey = 32;

/**
 * Gives a secret without a value its first one; a secret that has one keeps it. So no value passes through Terraform.
 * Says whether it wrote.
 */
export async function writeFirstValue(
  secrets: Secrets,
  secret: string,
  random: { text: RandomText; id: () => string },
): Promise<'written' | 'kept'> {
  const { stages } = await secrets.describe(secret);
  if (currentOf(stages) !== undefined) return 'kept';
  await secrets.write(secret, { version: random.id(), text: random.text(keyBytes), stage: 'AWSCURRENT' });
  return 'written';
}

/**
 * Does one step of a rotation. Each may come twice: the second time it changes nothing.
 * @throws Error when the secret does not rotate, or the version is not the one that is to become current.
 */
export async function rotate(secrets: Secrets, event: RotationEvent, randomText: RandomText): Promise<void> {
  const { SecretId: secret, ClientRequestToken: version, Step: step } = event;
  const { isRotating, stages } = await secrets.describe(secret);
  if (!isRotating) throw new Error(`${secret} does not rotate: turn its rotation on`);
  const own = stages[version];
  if (own?.includes('AWSCURRENT')) return;
  if (!own?.includes('AWSPENDING')) throw new Error(`${secret}: version ${version} is not pending`);
  switch (step) {
    case 'createSecret':
      if ((await secrets.readPending(secret, version)) !== undefined) return;
      return secrets.write(secret, { version, text: randomText(keyBytes), stage: 'AWSPENDING' });
    case 'setSecret':
      // Nobody else holds these keys. A real payment company would learn its new webhook key here.
      return;
    case 'testSecret':
      return test(secret, await secrets.readPending(secret, version));
    case 'finishSecret':
      return secrets.makeCurrent(secret, { to: version, from: currentOf(stages) });
    default:
      throw new Error(`${String(step satisfies never)} is not a step of a rotation`);
  }
}

function test(secret: string, text: string | undefined): void {
  if (text === undefined) throw new Error(`${secret}: the pending version has no text`);
  if (text.length < shortestKey)
    throw new Error(`${secret}: the pending text is shorter than ${shortestKey} characters`);
}

function currentOf(stages: Record<string, readonly string[]>): string | undefined {
  return Object.keys(stages).find((version) => stages[version]?.includes('AWSCURRENT'));
}
