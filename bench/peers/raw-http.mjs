// The peer of bars 10 and 11: the least that answers HTTP on Node.
import { createServer } from 'node:http';

createServer((_, response) => response.end('ok\n')).listen(Number(process.argv[2]), '127.0.0.1');
