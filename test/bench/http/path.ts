import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as z from 'zod/mini';
import type { BenchSimulator } from '../simulators.ts';

export const TLS_VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

const Started = z.object({ port: z.number() });
const Handshakes = z.object({ full: z.number(), resumed: z.number() });

/** How many TLS sessions were begun anew, and how many resumed. */
export type Handshakes = z.infer<typeof Handshakes>;

/** Starts a process with a delayed path and TLS in front of a simulator. */
export async function startPath(
  { origin, login, box }: BenchSimulator['origins'],
  delayMs: number,
  version: TlsVersion,
) {
  const target = Number(new URL(origin).port);
  const child = fork(new URL('path-process.ts', import.meta.url), [JSON.stringify({ target, delayMs, version })]);
  const { port } = Started.parse((await once(child, 'message'))[0]);
  const over = (url: string) => url.replace(/^http:\/\/[^/]+/, `https://127.0.0.1:${port}`);
  return {
    origins: { origin: over(origin), login: over(login), box: over(box) },
    async handshakes(): Promise<Handshakes> {
      child.send('count');
      return Handshakes.parse((await once(child, 'message'))[0]);
    },
    stop: () => child.disconnect(),
  };
}
