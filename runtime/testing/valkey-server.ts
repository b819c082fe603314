import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';

/** A server that speaks as much of Valkey's protocol as a client needs to sign in. */
export interface TestValkey {
  port: number;
  /** The commands of each connection, in the order of their arrival. */
  connections: string[][][];
  /** Answers AUTH: `+OK`, `-WRONGPASS …`, or with nothing, as to all that follows. Everybody may come in unless said. */
  onAuth: (words: string[]) => string | undefined;
  /** Instead of an answer to a command that writes. */
  refusal: string | undefined;
  /** Closes every connection, as AWS does after 12 hours. */
  cut(): void;
  close(): Promise<void>;
}

export async function startTestValkey(): Promise<TestValkey> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const commands: string[][] = [];
    made.connections.push(commands);
    let rest = '';
    let [isIn, isSilent] = [true, false];
    socket.on('data', (bytes) => {
      const read = readCommands(rest + bytes.toString('utf8'));
      rest = read.rest;
      for (const words of read.commands) {
        commands.push(words);
        const isSignIn = words[0] === 'auth';
        const refusal = words[0] === 'set' ? made.refusal : undefined;
        const answer = isSignIn ? made.onAuth(words) : (refusal ?? answerTo(words, isIn));
        // As in Valkey, a refusal takes nothing away from who is in.
        if (isSignIn) isIn = answer === '+OK' || (isIn && commands.length > 1);
        isSilent ||= answer === undefined;
        if (!isSilent) socket.write(`${answer}\r\n`);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const made: TestValkey = {
    port: 0,
    connections: [],
    onAuth: () => '+OK',
    refusal: undefined,
    cut,
    close: async () => {
      server.close();
      cut();
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  made.port = (server.address() as AddressInfo).port;
  return made;
}

function answerTo([name]: string[], isIn: boolean): string {
  if (!isIn) return '-NOAUTH Authentication required.';
  if (name === 'info') return '$9\r\nloading:0';
  return name === 'get' ? '$-1' : '+OK';
}

/** Commands are arrays of strings with their lengths: `*2 $3 GET $1 a`, a line for each. */
function readCommands(text: string): { commands: string[][]; rest: string } {
  const commands: string[][] = [];
  let rest = text;
  for (;;) {
    const lines = rest.split('\r\n');
    const count = Number(lines[0]?.slice(1));
    const length = 1 + 2 * count;
    if (rest === '' || lines.length <= length) return { commands, rest };
    commands.push(lines.slice(1, length).filter((_, place) => place % 2 === 1));
    rest = lines.slice(length).join('\r\n');
  }
}
