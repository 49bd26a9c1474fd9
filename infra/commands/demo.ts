import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { type Instant, SECOND } from '../../lib/platform/clock.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import { currentBundles } from '../bundle/current-bundles.ts';
import { loadSecrets } from '../local/secrets-manager.ts';
import { startStack } from '../local/stack.ts';
import type { Simulator } from '../simulator/control.ts';
import { startSimulator } from '../simulator/simulator.ts';

/** Long enough to see the pre-booking prepare, short enough to watch, in milliseconds. */
const OPENS_IN = 30 * SECOND;

/** The booking is recorded this long after the opening at the latest, in milliseconds. */
const PATIENCE = 30 * SECOND;

/** A simulator somewhere else: its clock is off by more than a second, and the way to it takes time that is never the same. */
const SIMULATOR = {
  skewMs: 1_370,
  path: { inboundMs: 18, outboundMs: 11, jitterMedianMs: 2, jitterSigma: 0.8 },
  answerMs: { min: 400, max: 1_700 },
};

const neverAborted = new AbortController().signal;

const terminal = process.stdout.isTTY;

const say = (text: string) => console.log(text);

const Login = z.object({ accessToken: z.string(), backgroundSession: z.object({ fingerprint: z.string() }) });

const Sessions = z.object({ sessions: z.array(z.object({ fingerprint: z.string(), sessionType: z.string() })) });

const Ordered = z.object({
  prebooking: z.object({
    id: z.string(),
    status: z.string(),
    result: z.nullable(
      z.object({
        outcome: z.string(),
        latenessMs: z.nullable(z.number()),
        latenessBoundMs: z.nullable(z.number()),
        shots: z.number(),
      }),
    ),
  }),
});

/** `npm run demo`: the whole story over HTTP, on this machine. Exits 0 when the class was booked on the dot. */
async function demo(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-demo-'));
  const simulator = await startSimulator(SIMULATOR);
  const stack = await startStack({
    bundles: await currentBundles(),
    origins: simulator.origins,
    secrets: loadSecrets(folder, undefined),
    maxLatenessMs: 0,
    log: () => undefined,
  });
  try {
    return await story(stack.url, simulator);
  } finally {
    await stack.stop();
    await simulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function story(url: string, simulator: Simulator): Promise<boolean> {
  const { email, password } = simulator.demo;
  const api = client(url);
  say(`1. ${email} logs in, once`);
  const login = Login.parse(await api('POST', '/v1/login', { email, password, fingerprint: 'demo-phone' }));
  const before = Sessions.parse(await api('GET', '/v1/sessions', undefined, login.accessToken));
  for (const { sessionType, fingerprint } of before.sessions)
    say(`   session at AimHarder: ${sessionType.padEnd(10)} ${fingerprint}`);

  const wanted = await simulator.addClass({
    opensInMs: OPENS_IN,
    name: 'DEMO WOD',
    capacity: 8,
    competitors: 12,
    fillMs: 2_000,
  });
  const { box, day, classId, opensAt } = wanted;
  say(
    `2. orders ${wanted.name} on ${day} at ${wanted.time}: 8 places, 12 others want it, bookings open in ${OPENS_IN / SECOND} s`,
  );
  const { prebooking } = Ordered.parse(
    await api('POST', '/v1/prebookings', { box, day, classId, opensAt }, login.accessToken),
  );

  say('3. logs out on every device');
  await api('POST', '/v1/logout', {}, login.accessToken);

  say('4. and puts the phone away');
  await countDown(simulator, Date.parse(opensAt));

  const again = Login.parse(await api('POST', '/v1/login', { email, password, fingerprint: 'demo-phone' }));
  const finished = await awaitResult(api, prebooking.id, again.accessToken);
  const after = Sessions.parse(await api('GET', '/v1/sessions', undefined, again.accessToken));
  return proof({
    simulator,
    classId,
    backgroundFingerprint: login.backgroundSession.fingerprint,
    finished,
    sessions: after.sessions.length,
  });
}

function client(url: string) {
  return async (method: string, path: string, body?: object, token?: string): Promise<unknown> => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
}

async function countDown(simulator: Simulator, opensAt: Instant): Promise<void> {
  for (;;) {
    const left = opensAt - simulator.now();
    if (left < -SECOND) break;
    const seconds = Math.ceil(left / SECOND);
    if (terminal)
      process.stdout.write(
        `\r   ${left > 0 ? `opens in ${String(seconds).padStart(2)} s ${'·'.repeat(Math.max(0, seconds))}` : 'open!'}\x1b[K`,
      );
    else if (seconds % 10 === 0 || (seconds <= 3 && seconds >= 0))
      say(`   ${left > 0 ? `opens in ${seconds} s` : 'open!'}`);
    await clock.until(clock.monotonic() + (terminal ? 100 : SECOND), neverAborted);
  }
  if (terminal) say('');
}

async function awaitResult(api: ReturnType<typeof client>, id: string, token: string) {
  for (const deadline = clock.monotonic() + PATIENCE; ; ) {
    const { prebooking } = Ordered.parse(await api('GET', `/v1/prebookings/${id}`, undefined, token));
    if (prebooking.result !== null) return { status: prebooking.status, ...prebooking.result };
    if (clock.monotonic() > deadline) throw new Error(`The pre-booking is still ${prebooking.status}.`);
    await clock.until(clock.monotonic() + SECOND / 2, neverAborted);
  }
}

type Proof = {
  readonly simulator: Simulator;
  readonly classId: string;
  readonly backgroundFingerprint: string;
  readonly finished: Awaited<ReturnType<typeof awaitResult>>;
  readonly sessions: number;
};

function proof({ simulator, classId, backgroundFingerprint, finished, sessions }: Proof): boolean {
  const shots = simulator.record.bookings.filter((booking) => booking.classId === classId);
  const [shot] = shots;
  const competitors = simulator.competitors(classId);
  const rank = 1 + competitors.filter((arrivedAt) => arrivedAt < (shot?.arrivedAt ?? Number.POSITIVE_INFINITY)).length;
  const millis = (value: number | null | undefined) =>
    value === null || value === undefined ? 'unknown' : `${value.toFixed(1)} ms`;
  say('5. proof, by the simulator’s own records');
  console.table({
    outcome: { value: finished.outcome },
    'booked on the background session': {
      value:
        shot?.fingerprint === backgroundFingerprint
          ? `yes, ${backgroundFingerprint.slice(0, 11)}…`
          : `no: ${shot?.fingerprint ?? 'no shot came'}`,
    },
    'arrived after the opening': { value: millis(shot?.lateness) },
    'as we estimated': { value: `${millis(finished.latenessMs)} ± ${millis(finished.latenessBoundMs)}` },
    'booking requests sent': { value: shots.length },
    'rank among all who asked': { value: `${rank} of ${competitors.length + 1}` },
    'the simulator’s clock, against ours': { value: `${SIMULATOR.skewMs} ms ahead` },
    'sessions now (the device logged in again)': { value: sessions },
  });
  const good =
    finished.status === 'booked' &&
    shots.length === 1 &&
    (shot?.lateness ?? -1) >= 0 &&
    shot?.fingerprint === backgroundFingerprint;
  say(good ? 'Booked on the dot.' : 'That is not how it should be.');
  return good;
}

demo().then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
