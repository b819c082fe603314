/** An instruction of a Dockerfile; continued lines are one. */
interface Instruction {
  name: string;
  words: string;
}

const digest = /@sha256:[0-9a-f]{64}$/;
const leastUser = 10_000;
const neededLabels = ['title', 'description', 'source', 'revision', 'licenses', 'base.name'];

/** What is wrong with a service's Dockerfile, a sentence each; none when it keeps every rule. */
export function dockerfileFaults(text: string): string[] {
  const instructions = instructionsOf(text);
  return [
    ...baseFaults(instructions),
    ...userFaults(instructions),
    ...instructions.flatMap(({ name, words }) => forbidden(name, words)),
    ...entryFaults(instructions),
    ...labelFaults(instructions),
  ];
}

function instructionsOf(text: string): Instruction[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => /^\s*([A-Za-z]+)\s+(.*)$/.exec(line))
    .flatMap((match) => (match ? [{ name: (match[1] ?? '').toUpperCase(), words: (match[2] ?? '').trim() }] : []));
}

/** Each base is named with its digest, written there or as the default of an ARG. */
function baseFaults(instructions: readonly Instruction[]): string[] {
  const defaults = new Map(
    instructions
      .filter(({ name, words }) => name === 'ARG' && words.includes('='))
      .map(({ words }) => [words.slice(0, words.indexOf('=')), words.slice(words.indexOf('=') + 1)]),
  );
  const bases = instructions
    .filter(({ name }) => name === 'FROM')
    .map(({ words }) => words.replace(/^--platform=\S+\s+/, '').split(/\s+/)[0] ?? '')
    .map((base) => defaults.get(/^\$\{(\w+)\}$/.exec(base)?.[1] ?? '') ?? base);
  if (bases.length === 0) return ['there is no FROM'];
  return [
    ...bases.filter((base) => !digest.test(base)).map((base) => `FROM ${base} has no digest: a tag can be moved`),
    ...bases.filter((base) => !base.includes('/distroless/')).map((base) => `FROM ${base} is not distroless`),
  ];
}

function userFaults(instructions: readonly Instruction[]): string[] {
  const last = instructions.findLast(({ name }) => name === 'USER')?.words;
  const [user, group] =
    /^(\d+):(\d+)$/
      .exec(last ?? '')
      ?.slice(1)
      .map(Number) ?? [];
  if (user !== undefined && group !== undefined && user >= leastUser && group >= leastUser) return [];
  return [`USER ${last ?? 'is missing'}: write <number>:<number>, ${leastUser} or more`];
}

function forbidden(name: string, words: string): string[] {
  if (name === 'ADD') return [`ADD ${words}: it fetches and unpacks; use COPY`];
  if (name === 'RUN') return [`RUN ${words}: there is no shell here; do it before the image is built`];
  if (name === 'VOLUME') return [`VOLUME ${words}: a service writes to /tmp only, which its pod brings`];
  if (name === 'COPY' && !/(^|\s)--chown=0:0(\s|$)/.test(words)) {
    return [`COPY ${words}: give it to root (--chown=0:0), so that a service cannot change its own program`];
  }
  const secret = (name === 'ARG' || name === 'ENV') && /(^|_)(PASSWORD|TOKEN|SECRET|KEY)\b/i.exec(words)?.[0];
  return secret ? [`${name} ${words}: what looks like a secret stays in the image`] : [];
}

/** A shell between Node and Kubernetes would swallow the signal to end. */
function entryFaults(instructions: readonly Instruction[]): string[] {
  const entries = instructions.filter(({ name }) => name === 'ENTRYPOINT' || name === 'CMD');
  if (!entries.some(({ name }) => name === 'ENTRYPOINT')) return ['ENTRYPOINT is missing'];
  return entries
    .filter(({ words }) => !words.startsWith('['))
    .map(({ name, words }) => `${name} ${words}: write it as a list, so that no shell stands between`);
}

function labelFaults(instructions: readonly Instruction[]): string[] {
  const labels = instructions.filter(({ name }) => name === 'LABEL').map(({ words }) => words);
  return neededLabels
    .map((name) => `org.opencontainers.image.${name}`)
    .filter((name) => !labels.some((words) => words.includes(`${name}=`)))
    .map((name) => `LABEL ${name} is missing`);
}
