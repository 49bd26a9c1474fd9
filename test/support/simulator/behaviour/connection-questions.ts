import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Ask } from './questions.ts';

/** Returns the text that comes over a connection until the simulator closes it, after one request for a file. */
export const idled: Ask = async ({ simulator }) => {
  const { hostname, port, pathname } = new URL(`${simulator.origins.origin}/favicon.ico`);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  const closed = text(socket).then((heard) =>
    [...heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status)),
  );
  const kept = new Promise((resolve) => setTimeout(resolve, 250, 'kept'));
  const seen = await Promise.race([closed, kept]);
  socket.destroy();
  return seen;
};

/** Returns the second of the `Date` of a file that is requested at noon. */
export const stamped: Ask = async ({ simulator, member, clock }) => {
  const receiving = member.send(`${simulator.origins.origin}/favicon.ico`, { method: 'HEAD' });
  while (!simulator.record.requests['/favicon.ico']) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(5_000);
  return (await receiving).headers.get('date')?.slice(17, 25);
};
