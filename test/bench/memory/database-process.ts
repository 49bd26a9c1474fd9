import { createServer } from 'node:http';
import { listening } from '../tls-front.ts';

/* A database that applies every write. It has a process of its own: the writes of control groups hold up the parent. */

const port = await listening(
  createServer((request, response) => {
    request.resume().once('end', () => response.setHeader('content-type', 'application/x-amz-json-1.0').end('{}'));
  }),
);
process.send?.(port);
process.once('disconnect', () => process.exit(0));
