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

/** When bookings open: late enough for the pre-booking to calibrate, soon enough to watch. In milliseconds. */
const OPENS_IN = 30 * SECOND;

/** How long after the opening the demo waits for the result, in milliseconds. */
const RESULT_TIMEOUT = 30 * SECOND;

/** A simulated AimHarder with a clock that is 1.37 s ahead, behind a network with delay and jitter. */
const SIMULATOR = {
  skewMs: 1_370,
  path: { inboundMs: 18, outboundMs: 11, jitterMedianMs: 2, jitterSigma: 0.8 },
  answerMs: { min: 400, max: 1_700 },
};

const neverAborted = new AbortController().signal;

const terminal = process.stdout.isTTY;

const print = (text: string) => console.log(text);

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

/** `npm run demo`: shows one pre-booking from login to proof, over HTTP on this machine. Exits 0 when it booked on the dot. */
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
  print(`1. ${email} logs in, once`);
  const login = Login.parse(await api('POST', '/v1/login', { email, password, fingerprint: 'demo-phone' }));
  const before = Sessions.parse(await api('GET', '/v1/sessions', undefined, login.accessToken));
  for (const { sessionType, fingerprint } of before.sessions)
    print(`   session at AimHarder: ${sessionType.padEnd(10)} ${fingerprint}`);

  const wanted = await simulator.addClass({
    opensInMs: OPENS_IN,
    name: 'DEMO WOD',
    capacity: 8,
    competitors: 12,
    fillMs: 2_000,
  });
  const { box, day, classId, opensAt } = wanted;
  print(
    `2. orders ${wanted.name} on ${day} at ${wanted.time}: 8 seats, 12 competitors, bookings open in ${OPENS_IN / SECOND} s`,
  );
  const { prebooking } = Ordered.parse(
    await api('POST', '/v1/prebookings', { box, day, classId, opensAt }, login.accessToken),
  );

  print('3. logs out on every device');
  await api('POST', '/v1/logout', {}, login.accessToken);

  print('4. puts the phone away');
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
      print(`   ${left > 0 ? `opens in ${seconds} s` : 'open!'}`);
    await clock.until(clock.monotonic() + (terminal ? 100 : SECOND), neverAborted);
  }
  if (terminal) print('');
}

async function awaitResult(api: ReturnType<typeof client>, id: string, token: string) {
  for (const deadline = clock.monotonic() + RESULT_TIMEOUT; ; ) {
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
  print('5. the proof, from the records of the simulated AimHarder');
  console.table({
    outcome: { value: finished.outcome },
    'booked on the background session': {
      value:
        shot?.fingerprint === backgroundFingerprint
          ? `yes, ${backgroundFingerprint.slice(0, 11)}…`
          : `no: ${shot?.fingerprint ?? 'no request arrived'}`,
    },
    'arrived after the opening': { value: millis(shot?.lateness) },
    'as we estimated': { value: `${millis(finished.latenessMs)} ± ${millis(finished.latenessBoundMs)}` },
    'booking requests sent': { value: shots.length },
    'rank among all bookings': { value: `${rank} of ${competitors.length + 1}` },
    'AimHarder’s clock, compared with ours': { value: `${SIMULATOR.skewMs} ms ahead` },
    'sessions now (the device logged in again)': { value: sessions },
  });
  const good =
    finished.status === 'booked' &&
    shots.length === 1 &&
    (shot?.lateness ?? -1) >= 0 &&
    shot?.fingerprint === backgroundFingerprint;
  print(good ? 'Booked on the dot.' : 'The demo failed: the class was not booked on the dot.');
  return good;
}

demo().then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
