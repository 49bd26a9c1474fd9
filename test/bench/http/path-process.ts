import { createServer, type Socket, connect as tcpConnect } from 'node:net';
import * as z from 'zod/mini';
import { listening, startTlsFront } from '../tls-front.ts';

/* A path with a delay, and TLS at its end, in front of a simulator; in a process of its own. */

const { target, delayMs, version } = z
  .object({ target: z.number(), delayMs: z.number(), version: z.enum(['TLSv1.2', 'TLSv1.3']) })
  .parse(JSON.parse(process.argv[2] ?? ''));

/** How many TLS sessions were begun anew, and how many resumed. */
const handshakes = { full: 0, resumed: 0 };

/** Copies what comes, some time later and in order. @param opening how much later the first of it comes. */
function copyLater(from: Socket, to: Socket, opening: number): void {
  const openedAt = performance.now();
  const later = (act: () => void) => {
    const wait = Math.max(delayMs, openedAt + opening + delayMs - performance.now());
    setTimeout(act, wait);
  };
  from.on('data', (chunk) => later(() => to.destroyed || to.write(chunk)));
  from.on('close', () => later(() => to.destroy()));
  from.on('error', () => undefined);
}

const secured = await startTlsFront(target, version, (isResumed) => {
  handshakes[isResumed ? 'resumed' : 'full'] += 1;
});
const port = await listening(
  createServer((client) => {
    const server = tcpConnect(secured, '127.0.0.1');
    for (const one of [client, server]) one.setNoDelay(true);
    // The kernel has opened the connection at once; over the path it would have taken a round trip.
    copyLater(client, server, 2 * delayMs);
    copyLater(server, client, 0);
  }),
);
process.send?.({ port });
process.on('message', () => process.send?.(handshakes));
process.once('disconnect', () => process.exit(0));
