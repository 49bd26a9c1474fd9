import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Documents } from '../../lib/platform/dynamodb.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import { encodePlan } from '../../lib/routines/plan-record.ts';
import { type PlanRoutinesDeps, planRoutines } from '../../lib/routines/plan-routines.ts';
import type { Plan, Routine } from '../../lib/routines/routine.ts';
import { CONCURRENCY, type Endpoints, parts, unhurried } from './routines-parts.ts';
import type { PlannerFigures } from './routines-run.ts';
import { table } from './table.ts';

/** How long AimHarder and EventBridge Scheduler take to answer, in milliseconds. */
const ANSWER_MS = 100;
const SCHEDULER_MS = 30;
const PER_MEMBER = 3;
const BOXES = 20;
/** How many members are planned one by one, which is slow. */
const SAMPLE = 60;
const BATCH = 25;
/** The planner's heap limit, in MB. */
const HEAP_MB = 192;

/** Measures planning routines that are all due: time, memory, capacity and requests, beside planning one member at a time. */
export async function benchRoutines({
  out,
  routines,
}: {
  readonly out: string;
  readonly routines: number;
}): Promise<void> {
  const members = Math.ceil(routines / PER_MEMBER);
  const servers = await Promise.all([
    startServer('database'),
    startServer('aimharder', String(ANSWER_MS)),
    startServer('scheduler', String(SCHEDULER_MS)),
  ]);
  try {
    const [database, aimHarder, scheduler] = servers.map(({ endpoint }) => endpoint) as [string, string, string];
    const endpoints = { database, aimHarder, scheduler };
    const bench = parts(endpoints);
    await seed(bench.documents, members);
    const peer = await oneByOne(endpoints);
    const before = await Promise.all([asked(aimHarder), asked(scheduler)]);
    const turn = await planAll(endpoints);
    const [timetables, schedules] = [(await asked(aimHarder)) - before[0], (await asked(scheduler)) - before[1]];
    if (turn.consumed.scans > 0) throw new Error('a table was scanned');
    if (turn.ordered !== turn.routines) throw new Error(`${turn.routines} routines, ${turn.ordered} orders`);
    const each = (total: number, of = turn.routines) => (total / of).toFixed(2);
    const rows = [
      {
        way: 'the planner',
        routines: turn.routines,
        seconds: turn.seconds.toFixed(1),
        'per second': (turn.routines / turn.seconds).toFixed(0),
        'to AimHarder, each': each(timetables),
        'to the Scheduler, each': each(schedules),
        'read units each': each(turn.consumed.read),
        'write units each': each(turn.consumed.write),
        'CPU ms each': each(turn.cpuSeconds * 1_000),
        'peak RSS MB': turn.peakMb.toFixed(0),
      },
      peer,
    ];
    const report = [
      `${members} members with ${PER_MEMBER} routines each at ${BOXES} boxes, all due; ${CONCURRENCY} members at a time. AimHarder answers after ${ANSWER_MS} ms, the Scheduler after ${SCHEDULER_MS}; they, the database and the planner are in processes of their own, the planner's heap limited to ${HEAP_MB} MB. One by one is timed on ${SAMPLE} members, each reading the timetables anew. Units as the local database counts them: it leaves out those of index writes, 4 for each order (byClass 1, unfinished 3) and 3 for each member (due).`,
      table(rows),
      `table scans: ${turn.consumed.scans} of ${turn.consumed.requests} requests; a minute in which nothing is due: ${turn.idle} read units; ratio ${(turn.routines / turn.seconds / Number(peer['per second'])).toFixed(1)}`,
    ].join('\n');
    console.log(report);
    await writeFile(join(out, 'routines.txt'), `${report}\n`);
    await writeFile(
      join(out, 'routines.json'),
      `${JSON.stringify({ turn, timetables, schedules, peer }, undefined, 1)}\n`,
    );
  } finally {
    for (const { child } of servers) child.kill();
  }
}

const asked = async (endpoint: string): Promise<number> => Number(await (await fetch(`${endpoint}/asked`)).text());

async function startServer(...what: readonly string[]): Promise<{ child: ChildProcess; endpoint: string }> {
  const child = startScript('routines-servers.ts', what);
  const [line] = await once(child.stdout, 'data');
  return { child, endpoint: String(line).trim() };
}

async function planAll({ database, aimHarder, scheduler }: Endpoints): Promise<PlannerFigures> {
  const child = startScript('routines-run.ts', [database, aimHarder, scheduler], [`--max-old-space-size=${HEAP_MB}`]);
  const lines: unknown[] = [];
  child.stdout.on('data', (chunk: unknown) => lines.push(chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The planner ended with ${code}.`);
  return JSON.parse(lines.join('')) as PlannerFigures;
}

function startScript(name: string, args: readonly string[], options: readonly string[] = []) {
  const script = fileURLToPath(new URL(`./${name}`, import.meta.url));
  return spawn(process.execPath, [...options, script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

const HOURS = ['07:00', '08:00', '09:30', '13:00', '17:00', '18:00', '19:00', '20:00'];

/** Returns the weekday some days from now. Today is not used: its classes may be open already, and would be booked. */
const weekdayIn = (days: number): number => new Date(clock.now() + days * 86_400_000).getUTCDay() || 7;

/** Builds a member's plan. Those of the sample are not due. */
function planOf(email: string, index: number, due: boolean): Plan {
  const now = clock.now();
  const planAt = due ? now : null;
  const box = `box-${index % BOXES}`;
  const routines = Array.from(
    { length: PER_MEMBER },
    (_, nth): Routine => ({
      ...{ id: `${email}-${nth}`, box, boxId: String(index % BOXES), weekday: weekdayIn(1 + ((index + 2 * nth) % 6)) },
      ...{ startsAt: HOURS[index % HOURS.length] ?? '', className: 'wod', familyId: null, whenFull: 'waitlist' },
      ...{
        from: null,
        until: null,
        opening: null,
        skip: [],
        createdAt: now,
        planAt: now,
        problem: null,
        told: null,
        timesTold: 0,
      },
    }),
  );
  return { email, routines, pauses: [], revision: 1, planAt, claimedUntil: null };
}

/** Stores a member's opening rule, as a refusal has told it. */
const ruleOf = (email: string, index: number) => ({
  ...{ email, id: `#opening#box-${index % BOXES}#`, openingRule: { hoursBefore: 1 } },
});

/** Stores plans and rules. All classes open an hour before they start, so that every opening is ahead. */
async function seed(documents: Documents, members: number): Promise<void> {
  const rules = [
    ...Array.from({ length: SAMPLE }, (_, index) => ruleOf(`sample-${index}@example.com`, index)),
    ...Array.from({ length: members }, (_, index) => ruleOf(`member-${index}@example.com`, index)),
  ];
  await put(documents, 'prebookings', rules);
  await put(
    documents,
    'routines',
    Array.from({ length: SAMPLE }, (_, index) => encodePlan(planOf(`sample-${index}@example.com`, index, false))),
  );
  const items = Array.from({ length: members }, (_, index) =>
    encodePlan(planOf(`member-${index}@example.com`, index, true)),
  );
  await put(documents, 'routines', items);
}

async function put(documents: Documents, name: string, items: readonly object[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(items.length / BATCH) }, (_, batch) =>
    items.slice(batch * BATCH, (batch + 1) * BATCH),
  ).values();
  const worker = async () => {
    for (const batch of batches)
      await documents.send(
        new BatchWriteCommand({
          RequestItems: { [name]: batch.map((Item) => ({ PutRequest: { Item: { ...Item } } })) },
        }),
      );
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

/** Plans one member after the other; each reads the timetables anew. */
async function oneByOne(endpoints: Endpoints) {
  const { deps, consumed } = parts(endpoints);
  const before = await Promise.all([asked(endpoints.aimHarder), asked(endpoints.scheduler)]);
  Object.assign(consumed, { read: 0, write: 0 });
  const begun = clock.monotonic();
  let routines = 0;
  for (let index = 0; index < SAMPLE; index += 1) {
    const email = `sample-${index}@example.com`;
    const { plans } = deps;
    const find = async () => ({ ...(await plans.find(email)), planAt: 0 });
    async function* findDue(shard: number): AsyncGenerator<string, undefined> {
      if (shard === 0) yield email;
      return undefined;
    }
    const ofOne: PlanRoutinesDeps['plans'] = {
      ...{ find, findDue },
      claim: (plan, until) => plans.claim(plan, until),
      put: (plan) => plans.put(plan),
    };
    const counts = await planRoutines({ ...deps, concurrency: 1, plans: ofOne }, Number.POSITIVE_INFINITY, unhurried);
    routines += counts.ordered;
  }
  const seconds = (clock.monotonic() - begun) / 1_000;
  const each = (total: number) => (total / routines).toFixed(2);
  return {
    way: 'one by one',
    routines,
    seconds: seconds.toFixed(1),
    'per second': (routines / seconds).toFixed(0),
    'to AimHarder, each': each((await asked(endpoints.aimHarder)) - before[0]),
    'to the Scheduler, each': each((await asked(endpoints.scheduler)) - before[1]),
    'read units each': each(consumed.read),
    'write units each': each(consumed.write),
    'CPU ms each': '',
    'peak RSS MB': '',
  };
}
