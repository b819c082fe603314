import { z } from 'zod';
import { withDeadline } from './deadline.ts';
import type { Log } from './log.ts';
import type { Clock } from './ports.ts';

const shortestKeyChars = 32;
const pauseMs = 60_000;
const waitMs = 1_000;

/** A setting that is a key. */
export const keyText = z.string().min(shortestKeyChars);

type RotationName<Name extends string> = `${Name}_PREVIOUS` | `${Name}_SECRET_ARN` | 'AWS_ENDPOINT_URL_SECRETS_MANAGER';
type Rotation<Name extends string> = Record<RotationName<Name>, z.ZodOptional<z.ZodType<string | undefined>>>;

/**
 * The settings beside a key that rotates, in the cloud only: the key before, and where both lie. What was not long enough to
 * be a key is none, so that a secret which was put right lets processes start.
 */
export function rotationOf<Name extends string>(name: Name): Rotation<Name> {
  return {
    [`${name}_PREVIOUS`]: keyText.optional().catch(undefined).optional(),
    [`${name}_SECRET_ARN`]: z.string().optional(),
    ['AWS_ENDPOINT_URL_SECRETS_MANAGER']: z.url().optional(),
  } as Rotation<Name>;
}

/** The keys of one secret: all that is signed and checked with it goes through here. */
export interface Keyring {
  /** The key to sign with. */
  current(): string;
  /**
   * Tells whether the current key fits, or the one before it. When neither does, the secret may have been rotated since:
   * it is read again as `refresh` does, and a key that is new is tried.
   */
  verify(fits: (key: string) => boolean): Promise<boolean>;
  /** Reads the secret again, at most once a minute; waits at most a second, and never throws. */
  refresh(): Promise<void>;
}

/** Where the current text of a secret is read again. */
interface KeySource {
  read(): Promise<string | undefined>;
  clock: Clock;
  log: Log;
}

/** A ring of the keys that are known. Without a source it stays as it is. */
export function keyring(known: { current: string; previous?: string | undefined }, source?: KeySource): Keyring {
  let keys = [known.current, ...(known.previous === undefined ? [] : [known.previous])];
  let askedAtMs: number | undefined;
  let answered = Promise.resolve();
  const read = async ({ log, ...from }: KeySource): Promise<void> => {
    const text = (await from.read()) ?? '';
    const [current = ''] = keys;
    if (text === current) return;
    if (text.length < shortestKeyChars) throw new Error('the secret is too short for a key');
    keys = [text, current];
    log.info('a key was rotated; this process signs with the new one');
  };
  const refresh = async (): Promise<void> => {
    if (!source) return;
    const nowMs = source.clock.now().getTime();
    // A clock that was set back may not hold this up.
    if (askedAtMs !== undefined && Math.abs(nowMs - askedAtMs) < pauseMs) return answered;
    askedAtMs = nowMs;
    // Everybody who comes meanwhile waits for the same answer, and no longer than the first.
    answered = withDeadline(read(source), waitMs).catch((error: unknown) => {
      source.log.warn({ error }, 'a key could not be read again; what is signed with a newer one is refused');
    });
    return answered;
  };
  return {
    current: () => keys[0] ?? '',
    verify: async (fits) => {
      const tried = keys;
      if (tried.some(fits)) return true;
      await refresh();
      return keys !== tried && keys.some(fits);
    },
    refresh,
  };
}

type RotationConfig<Name extends string> = { readonly [Variable in RotationName<Name>]?: string | undefined };

/** The ring of the key that a setting names. A process opens one for each of its keys. */
export function openKeyring<Name extends string>(
  { config, clock, log }: { config: Readonly<Record<Name, string>> & RotationConfig<Name>; clock: Clock; log: Log },
  name: Name,
): Keyring {
  const rotation: RotationConfig<Name> = config;
  const known = { current: config[name], previous: rotation[`${name}_PREVIOUS`] };
  const arn = rotation[`${name}_SECRET_ARN`];
  if (!arn) return keyring(known);
  let reader: Promise<KeySource['read']> | undefined;
  const read = async (): Promise<string | undefined> => {
    // The SDK's chain of credentials is loaded where there is a secret to read.
    reader ??= import('./secret-values.ts').then(({ secretReader }) =>
      secretReader(arn, rotation.AWS_ENDPOINT_URL_SECRETS_MANAGER),
    );
    return (await reader)();
  };
  return keyring(known, { read, clock, log: log.child({ key: name }) });
}
