import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { MINUTE, SECOND } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import { currentBundles } from '../bundle/current-bundles.ts';
import { loadSecrets } from '../local/secrets-manager.ts';
import { startStack } from '../local/stack.ts';
import type { Simulator } from '../simulator/control.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { countDown } from './count-down.ts';

/** How long after its creation the class opens, in milliseconds: long enough for a calibration, and short enough to watch. */
const OPENS_IN = 30 * SECOND;

/** How long after the opening the demo waits for the result, in milliseconds. */
const RESULT_TIMEOUT = 30 * SECOND;

/** The options of the simulator. Its clock is 1.37 s ahead of ours, the network has delay and jitter, and answers take 0.4 to 1.7 s. */
const SIMULATOR_OPTIONS = {
  skewMs: 1_370,
  path: { inboundMs: 18, outboundMs: 11, jitterMedianMs: 2, jitterSigma: 0.8 },
  answerMs: { min: 400, max: 1_700 },
};

const neverAborted = new AbortController().signal;

/** Whether to open the members' page in a browser: `npm run demo -- --open`. */
const OPENS_PAGE = process.argv.includes('--open');

/** The commands that open an address in a browser, by operating system. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

const print = (text: string) => console.log(text);

const LoginResponse = z.object({ accessToken: z.string(), backgroundSession: z.object({ fingerprint: z.string() }) });
const SessionsResponse = z.object({
  sessions: z.array(z.object({ fingerprint: z.string(), sessionType: z.string() })),
});
const PrebookingResponse = z.object({
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

/**
 * `npm run demo`: shows one pre-booking, from the login to the proof that it was on time, over HTTP on this machine.
 *
 * @returns whether the class was booked on the dot.
 */
async function runDemo(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-demo-'));
  const simulator = await startSimulator(SIMULATOR_OPTIONS);
  const stack = await startStack({
    bundles: await currentBundles(),
    origins: simulator.origins,
    secrets: loadSecrets(folder, undefined),
    // For what is ordered on the page (`--open`): wake-ups come on time, and not up to 59 s late. The demo's own class opens too
    // soon for a wake-up.
    maxLatenessMs: 0,
    log: () => undefined,
  });
  try {
    if (OPENS_PAGE) await showPage(stack.url, simulator);
    const isBooked = await bookClass(stack.url, simulator);
    await showMessage(stack);
    if (OPENS_PAGE) await waitForInterrupt();
    return isBooked;
  } finally {
    await stack.stop();
    await simulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Shows the message that the member gets. The next sweep would publish the outcome within a minute; here a sweep starts at once. */
async function showMessage(stack: Awaited<ReturnType<typeof startStack>>): Promise<void> {
  await stack.invoke('sweep', { scheduledTime: toIso(clock.now()) });
  await stack.eventRule.waitUntilIdle();
  print(
    '6. the message that the member gets, here by mail; ntfy, Telegram, Web Push and webhooks are the other channels',
  );
  for (const { subject, text } of stack.inbox.mails) print(`\n${subject}\n\n${text}`.replaceAll(/^/gm, '   '));
}

/** Prints the address of the members' page, and opens it if a browser can be started. */
async function showPage(url: string, { demo }: Simulator): Promise<void> {
  print(`The page: ${url}, for ${demo.email} with ${demo.password}. Sign in, choose CrossFit Demo, and open Mine.`);
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  spawn(command, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
}

async function waitForInterrupt(): Promise<void> {
  print('The page stays open until Ctrl-C.');
  const alive = setInterval(() => undefined, MINUTE);
  await once(process, 'SIGINT');
  clearInterval(alive);
}

/** Plays a member who orders a class and logs out. @returns whether the class was booked on the dot. */
async function bookClass(url: string, simulator: Simulator): Promise<boolean> {
  const { email, password } = simulator.demo;
  const api = createClient(url);
  print(`1. ${email} logs in, once`);
  const login = LoginResponse.parse(await api('POST', '/v1/login', { email, password, fingerprint: 'demo-phone' }));
  await api('PUT', '/v1/notifications', { email: true, language: 'en' }, login.accessToken);
  const sessionsBefore = SessionsResponse.parse(await api('GET', '/v1/sessions', undefined, login.accessToken));
  for (const { sessionType, fingerprint } of sessionsBefore.sessions)
    print(`   session at AimHarder: ${sessionType.padEnd(10)} ${fingerprint}`);

  const demoClass = await simulator.addClass({
    opensInMs: OPENS_IN,
    name: 'DEMO WOD',
    capacity: 8,
    competitors: 12,
    fillMs: 2_000,
  });
  const { box, day, classId, opensAt } = demoClass;
  print(
    `2. orders ${demoClass.name} on ${day} at ${demoClass.time}: 8 seats, 12 competitors, bookings open in ${OPENS_IN / SECOND} s`,
  );
  const { prebooking } = PrebookingResponse.parse(
    await api('POST', '/v1/prebookings', { box, day, classId, opensAt }, login.accessToken),
  );

  print('3. logs out on every device');
  await api('POST', '/v1/logout', {}, login.accessToken);

  print('4. puts the phone away');
  await countDown(simulator, Date.parse(opensAt));

  const secondLogin = LoginResponse.parse(
    await api('POST', '/v1/login', { email, password, fingerprint: 'demo-phone' }),
  );
  const result = await awaitResult(api, prebooking.id, secondLogin.accessToken);
  const sessionsAfter = SessionsResponse.parse(await api('GET', '/v1/sessions', undefined, secondLogin.accessToken));
  return printProof({
    simulator,
    classId,
    backgroundFingerprint: login.backgroundSession.fingerprint,
    result,
    sessionCount: sessionsAfter.sessions.length,
  });
}

/** Creates a client of the service. It throws for every answer but 2xx. */
function createClient(url: string) {
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

async function awaitResult(api: ReturnType<typeof createClient>, id: string, token: string) {
  const deadline = clock.monotonic() + RESULT_TIMEOUT;
  for (;;) {
    const { prebooking } = PrebookingResponse.parse(await api('GET', `/v1/prebookings/${id}`, undefined, token));
    if (prebooking.result !== null) return { status: prebooking.status, ...prebooking.result };
    if (clock.monotonic() > deadline) throw new Error(`The pre-booking is still ${prebooking.status}.`);
    await clock.until(clock.monotonic() + SECOND / 2, neverAborted);
  }
}

type ProofParts = {
  readonly simulator: Simulator;
  readonly classId: string;
  readonly backgroundFingerprint: string;
  readonly result: Awaited<ReturnType<typeof awaitResult>>;
  readonly sessionCount: number;
};

/** Prints what the simulator has recorded. @returns whether one shot has booked the class, not early, and with the background session. */
function printProof({ simulator, classId, backgroundFingerprint, result, sessionCount }: ProofParts): boolean {
  const shots = simulator.record.bookings.filter((booking) => booking.classId === classId);
  const [shot] = shots;
  const competitors = simulator.competitors(classId);
  const rank = 1 + competitors.filter((arrivedAt) => arrivedAt < (shot?.arrivedAt ?? Number.POSITIVE_INFINITY)).length;
  const format = (value: number | null | undefined) =>
    value === null || value === undefined ? 'unknown' : `${value.toFixed(1)} ms`;
  print('5. the proof, from the records of the simulated AimHarder');
  console.table({
    outcome: { value: result.outcome },
    'booked on the background session': {
      value:
        shot?.fingerprint === backgroundFingerprint
          ? `yes, ${backgroundFingerprint.slice(0, 11)}…`
          : `no: ${shot?.fingerprint ?? 'no request arrived'}`,
    },
    'arrived after the opening': { value: format(shot?.lateness) },
    'as the service estimated': { value: `${format(result.latenessMs)} ± ${format(result.latenessBoundMs)}` },
    'booking requests sent': { value: shots.length },
    'rank among all bookings': { value: `${rank} of ${competitors.length + 1}` },
    'AimHarder’s clock, compared with the service’s': { value: `${SIMULATOR_OPTIONS.skewMs} ms ahead` },
    'sessions now (the device logged in again)': { value: sessionCount },
  });
  const isOnTheDot =
    result.status === 'booked' &&
    shots.length === 1 &&
    (shot?.lateness ?? -1) >= 0 &&
    shot?.fingerprint === backgroundFingerprint;
  print(isOnTheDot ? 'Booked on the dot.' : 'The demo failed: the class was not booked on the dot.');
  return isOnTheDot;
}

runDemo().then(
  (isBooked) => process.exit(isBooked ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
