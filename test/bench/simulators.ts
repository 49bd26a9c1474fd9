import { fork } from 'node:child_process';
import { once } from 'node:events';
import * as z from 'zod/mini';
import type { SimulatorOptions } from '../../infra/simulator/simulator.ts';
import { AimHarder, type AimHarderSession } from '../../lib/aimharder/client.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { trustCertificate } from './tls-front.ts';

const Started = z.array(
  z.object({
    origins: z.object({ origin: z.string(), login: z.string(), box: z.string() }),
    demo: z.object({ password: z.string() }),
    tlsPort: z.optional(z.number()),
  }),
);

const Class = z.object({
  box: z.string(),
  boxId: z.string(),
  day: z.string(),
  classId: z.string(),
  opensAt: z.string(),
});

const Bookings = z.array(
  z.object({
    classId: z.string(),
    email: z.nullable(z.string()),
    arrivedAt: z.number(),
    opensAt: z.nullable(z.number()),
    answer: z.string(),
  }),
);

/** A class without competitors, with room for all. `opensAt` is on the simulator's clock. */
export type BenchClass = {
  readonly box: string;
  readonly boxId: string;
  readonly day: string;
  readonly classId: string;
  readonly opensAt: number;
};

/** A booking request in the simulator's record, on its clock. */
export type Arrival = {
  readonly classId: string;
  readonly email: string | null;
  readonly arrivedAt: number;
  readonly opensAt: number | null;
  readonly answer: string;
};

export type Member = { readonly email: string; readonly session: AimHarderSession };

export type BenchSimulator = {
  readonly origins: { readonly origin: string; readonly login: string; readonly box: string };
  addClass(opensInMs: number, capacity: number): Promise<BenchClass>;
  logIn(email: string): Promise<Member>;
  arrived(): Promise<readonly Arrival[]>;
};

export type Simulators = {
  readonly simulators: readonly BenchSimulator[];
  /** Changes switches of all simulators. */
  set(changes: SimulatorOptions): Promise<void>;
  stop(): void;
};

/** Starts simulators in one other process, reached over real sockets. @param over `tls`: through a server that ends TLS. */
export async function startSimulators(
  options: readonly SimulatorOptions[],
  over: 'tls' | 'tcp' = 'tcp',
): Promise<Simulators> {
  if (over === 'tls') trustCertificate();
  const child = fork(new URL('simulator-process.ts', import.meta.url), [JSON.stringify(options), over]);
  const [started] = await once(child, 'message');
  return {
    simulators: Started.parse(started).map(({ origins, demo, tlsPort }) =>
      benchSimulator(origins, demo.password, tlsPort),
    ),
    async set(changes) {
      child.send(changes);
      await once(child, 'message');
    },
    stop: () => child.disconnect(),
  };
}

function benchSimulator(plain: BenchSimulator['origins'], password: string, tlsPort?: number): BenchSimulator {
  const client = new AimHarder({ origins: plain, clock: systemClock });
  const admin = plain.origin.replace(/\/www$/, '/_gym');
  const over = (url: string) =>
    tlsPort === undefined ? url : url.replace(/^http:\/\/[^/]+/, `https://127.0.0.1:${tlsPort}`);
  return {
    origins: { origin: over(plain.origin), login: over(plain.login), box: over(plain.box) },
    async addClass(opensInMs, capacity) {
      const body = JSON.stringify({ opensInMs, capacity });
      const answer = await fetch(`${admin}/classes`, { method: 'POST', body });
      const added = Class.parse(await answer.json());
      return { ...added, opensAt: Date.parse(added.opensAt) };
    },
    async logIn(email) {
      const answer = await client.login({ email, password, fingerprint: 'bench' }, AbortSignal.timeout(30_000));
      if (answer.kind !== 'logged-in') throw new Error(`the simulator does not know ${email}`);
      return { email, session: answer.session };
    },
    async arrived() {
      const record = z.object({ bookings: Bookings }).parse(await (await fetch(`${admin}/record`)).json());
      return record.bookings;
    },
  };
}
