import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type Clock, type Instant, MINUTE } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { boundPort } from './dynamodb.ts';
import { decodeSchedule } from './schedule-request.ts';
import { type Schedule, ScheduleFault, scheduleStore } from './schedule-store.ts';

export type Scheduler = Awaited<ReturnType<typeof startScheduler>>;

export type SchedulerOptions = {
  /** Where schedules are kept; in memory without it. */
  readonly path?: string;
  /** EventBridge Scheduler invokes within the minute that follows the stated time: up to this late, in milliseconds. */
  readonly maxLatenessMs?: number;
  /** Hands a wake-up over; once it is accepted it counts as delivered, as on AWS with no retries. */
  readonly deliver: (functionArn: string, input: string) => Promise<void>;
  /** Called at every whole minute with that minute, as the recurring schedules are. */
  readonly onMinute?: (minute: Instant) => void;
  readonly clock?: Clock;
};

const PRECISION = 59_000;

/** The longest delay a timer takes, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** EventBridge Scheduler on this machine: one-time schedules, which survive a restart and are caught up after one. */
export async function startScheduler({
  path,
  maxLatenessMs = PRECISION,
  deliver,
  onMinute,
  clock = systemClock,
}: SchedulerOptions) {
  const store = scheduleStore(path ?? ':memory:');
  let refusing = false;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  /** Handed over and not yet accepted. They stay in the store: a wake-up may come twice, but none gets lost. */
  const delivering = new Set<string>();

  function plan(): void {
    clearTimeout(timer);
    if (stopped) return;
    const next = store.next(delivering.size + 1).find((schedule) => !delivering.has(arnOf(schedule)));
    if (next) timer = setTimeout(run, Math.min(Math.max(0, next.dueAt - clock.now()), LONGEST_TIMER));
  }

  function run(): void {
    for (const schedule of store.due(clock.now())) if (!delivering.has(arnOf(schedule))) void handOver(schedule);
    plan();
  }

  async function handOver(schedule: Schedule): Promise<void> {
    delivering.add(arnOf(schedule));
    // Not accepted is lost, as on AWS once the retries are over: the sweep finds the pre-booking.
    await deliver(schedule.targetArn, schedule.input).catch(() => undefined);
    delivering.delete(arnOf(schedule));
    if (!stopped) store.remove(schedule.group, schedule.name);
  }

  const server = createServer((request, response) => {
    const done =
      refusing && request.method === 'POST'
        ? fault(response, 500, 'InternalServerException', 'refused')
        : answer(request, response);
    Promise.resolve(done).then(plan, (error: unknown) => {
      if (error instanceof ScheduleFault) fault(response, error.status, error.type, error.message);
      else fault(response, 500, 'InternalServerException', 'The scheduler failed.');
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://scheduler');
    const name = decodeURIComponent(/^\/schedules\/([^/]+)$/.exec(url.pathname)?.[1] ?? '');
    const group = url.searchParams.get('groupName') ?? 'default';
    if (!OPERATIONS.has(request.method ?? '')) {
      throw new ScheduleFault(404, 'UnknownOperationException', 'This scheduler does not do that.');
    }
    if (request.method === 'POST') {
      const schedule = decodeSchedule(name, await jsonOf(request), clock.now());
      const dueAt = schedule.at + latenessOf(name, maxLatenessMs);
      store.add({ ...schedule, dueAt });
      return reply(response, { ScheduleArn: arnOf(schedule) });
    }
    if (request.method === 'GET' && url.pathname === '/schedules') {
      const found = store.list(
        url.searchParams.get('ScheduleGroup') ?? 'default',
        url.searchParams.get('NamePrefix') ?? '',
      );
      return reply(response, {
        Schedules: found.map((schedule) => ({ Name: schedule.name, GroupName: schedule.group, Arn: arnOf(schedule) })),
      });
    }
    const schedule = store.find(group, name);
    if (!schedule) throw new ScheduleFault(404, 'ResourceNotFoundException', `Schedule ${name} does not exist.`);
    if (request.method === 'DELETE') {
      store.remove(group, name);
      return reply(response, {});
    }
    return reply(response, {
      Name: name,
      GroupName: group,
      Arn: arnOf(schedule),
      State: 'ENABLED',
      Target: { Arn: schedule.targetArn, Input: schedule.input },
    });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  plan();
  const minutes = onMinute && everyMinute(clock, onMinute);

  return {
    endpoint: `http://127.0.0.1:${boundPort(server)}`,
    /** Makes every CreateSchedule fail, as a throttled or unreachable service would. */
    refuse(on: boolean) {
      refusing = on;
    },
    /** Looks again which schedule is due next, after its clock was set. */
    plan,
    names: (group: string, prefix: string) => store.list(group, prefix).map(({ name }) => name),
    stop() {
      stopped = true;
      clearTimeout(timer);
      minutes?.();
      server.close();
      server.closeAllConnections();
      store.close();
    },
  };
}

const OPERATIONS: ReadonlySet<string> = new Set(['POST', 'GET', 'DELETE']);

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  try {
    return await json(request);
  } catch {
    throw new ScheduleFault(400, 'SerializationException', 'The body is not JSON.');
  }
}

/** How late a wake-up comes: anything up to the precision, the same for the same schedule. */
function latenessOf(name: string, maxLatenessMs: number): number {
  return (createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32) * maxLatenessMs;
}

function everyMinute(clock: Clock, onMinute: (minute: Instant) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const plan = () => {
    const next = (Math.floor(clock.now() / MINUTE) + 1) * MINUTE;
    timer = setTimeout(
      () => {
        onMinute(next);
        plan();
      },
      next - clock.now() + 1,
    );
  };
  plan();
  return () => clearTimeout(timer);
}

const arnOf = ({ group, name }: Pick<Schedule, 'group' | 'name'>) =>
  `arn:aws:scheduler:eu-west-1:000000000000:schedule/${group}/${name}`;

function reply(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function fault(response: ServerResponse, status: number, type: string, message: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
    .end(JSON.stringify({ Message: message }));
}
