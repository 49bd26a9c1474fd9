import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Instant, MINUTE, SECOND } from '../../../lib/platform/clock.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import { freePort } from '../../support/home/live-service.ts';
import { startSimulatorProcess } from '../../support/home/simulator-process.ts';
import type { HomeOptions } from './home.ts';
import { describeRun, findBrokenPromises, type Run } from './live-report.ts';
import { startNtfyReceiver } from './ntfy-receiver.ts';
import { dayAhead, Openings, planOpenings, sleepUntil } from './openings.ts';
import { RestartedService } from './restarted-service.ts';
import { takeSamples } from './samples.ts';
import { Traffic } from './traffic.ts';

/** How long after the end the last messages are waited for, in milliseconds: longer than two retries take. */
const LAST_MESSAGES = 8 * MINUTE;

/** Routines of the first members, for classes on some of the next days. */
const ROUTINES_ON = [2, 3, 4];

/**
 * Measures the memory and the data folder of `npm start -- --live`, with the simulator in another process, and checks that every
 * pre-booking is booked and told once although the service is killed twice.
 */
export async function benchLive(options: HomeOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'on-the-dot-live-'));
  const cleanUps: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    const run = await runLive(options, folder, cleanUps);
    const broken = findBrokenPromises(run);
    const report = describeRun(run, broken);
    console.log(report);
    await writeFile(join(options.out, 'home-live.txt'), `${report}\n`);
    await writeFile(join(options.out, 'home-live.json'), `${JSON.stringify({ ...run, broken }, undefined, 1)}\n`);
    if (broken.length > 0) process.exitCode = 1;
  } finally {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  }
}

async function runLive(options: HomeOptions, folder: string, cleanUps: (() => unknown)[]): Promise<Run> {
  const { out, minutes, rate, members } = options;
  const simulator = await startSimulatorProcess({ seed: 1 });
  cleanUps.push(simulator.stop);
  const ntfy = await startNtfyReceiver();
  cleanUps.push(ntfy.stop);
  const port = await freePort();
  const settings = { ...simulator.variables, PORT: String(port), NOTIFY_PRIVATE_HOSTS: ntfy.host };
  const traffic = new Traffic(`http://127.0.0.1:${port}`, members);
  const service = new RestartedService(folder, join(out, 'home-live.log'), settings, traffic);
  cleanUps.push(() => service.stop());
  await service.start();
  await traffic.logIn();
  await prepareMembers(traffic, members, ntfy.urlOf);

  const startedAt = clock.now();
  const planned = planOpenings(startedAt, minutes);
  const openings = new Openings(simulator, traffic, members);
  traffic.start(rate);
  const [samples] = await Promise.all([
    takeSamples({ rssMb: () => service.rssMb(), folder, traffic, minutes }),
    openings.run(planned),
    service.killAt(chooseKills(planned)),
  ]);
  await traffic.stop();
  const outcome = await judgeWhenTold(openings, ntfy.messages);
  return {
    ...{ minutes, rate, members, samples, outcome, openings: planned.length, restarts: service.restarts },
    messages: ntfy.messages.length,
    answered: traffic.answered,
  };
}

/** Every member is told of outcomes by ntfy; some have a routine. */
async function prepareMembers(traffic: Traffic, members: number, topicUrl: (topic: string) => string): Promise<void> {
  for (let member = 0; member < members; member += 1) {
    const ntfy = { url: topicUrl(`m${member}`) };
    const notifications = { ntfy, language: 'en', events: ['booked', 'waitlisted', 'failed'] };
    await expectStatus(traffic.as(member)('PUT', '/v1/notifications', notifications));
  }
  for (const [member, days] of ROUTINES_ON.slice(0, members).entries()) {
    const weekday = new Date(`${dayAhead(days)}T12:00:00Z`).getUTCDay() || 7;
    const routine = { box: 'crossfit-demo', weekday, startsAt: '18:00', className: 'WOD' };
    await expectStatus(traffic.as(member)('POST', '/v1/routines', routine));
  }
}

async function expectStatus(answered: Promise<{ readonly status: number; readonly body: unknown }>): Promise<void> {
  const { status, body } = await answered;
  if (status >= 300) throw new Error(`The service answered ${status}: ${JSON.stringify(body)}`);
}

/**
 * Chooses when the service is killed, early enough that most of the run is judged: once while firings probe, and once when
 * the shots of another opening have just been sent.
 */
function chooseKills(openings: readonly Instant[]): readonly Instant[] {
  const first = Math.floor(openings.length / 20);
  const second = Math.max(first + 1, Math.floor(openings.length / 10));
  return [[first, -10 * SECOND] as const, [second, 30] as const].flatMap(([index, after]) => {
    const opensAt = openings[index];
    return opensAt === undefined ? [] : [opensAt + after];
  });
}

/** Waits until every pre-booking is told, for a limited time. */
async function judgeWhenTold(openings: Openings, messages: Parameters<Openings['judge']>[0]) {
  const until = clock.now() + LAST_MESSAGES;
  for (;;) {
    const outcome = await openings.judge(messages);
    if (outcome.untold.length === 0 || clock.now() > until) return outcome;
    await sleepUntil(clock.now() + 5 * SECOND);
  }
}
