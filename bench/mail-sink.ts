import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';

/** A mail server that takes every mail and keeps none. */
export async function startMailSink(): Promise<{ url: string; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    take(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { url: `smtp://127.0.0.1:${port}`, close };
}

/** Speaks as much SMTP as it takes to be given a mail. */
function take(socket: Socket): void {
  let text = '';
  let isMail = false;
  const say = (line: string): unknown => socket.write(`${line}\r\n`);
  say('220 sink');
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part;
    for (;;) {
      const ending = isMail ? '\r\n.\r\n' : '\r\n';
      const end = text.indexOf(ending);
      if (end < 0) return;
      const command = text.slice(0, end).toUpperCase();
      text = text.slice(end + ending.length);
      const isData = !isMail && command === 'DATA';
      isMail = isData;
      if (isData) say('354 go on');
      else if (command === 'QUIT') socket.end('221 bye\r\n');
      else say('250 taken');
    }
  });
}
