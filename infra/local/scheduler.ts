import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type Clock, type Instant, MINUTE } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { listenOnLoopback } from './loopback.ts';
import { type Deliver, ScheduleDelivery } from './schedule-delivery.ts';
import { decodeSchedule, scheduleArn } from './schedule-request.ts';
import { ScheduleFault, type ScheduleStore, scheduleStore } from './schedule-store.ts';

export type Scheduler = Awaited<ReturnType<typeof startScheduler>>;

export type SchedulerOptions = {
  /** The file that keeps the schedules; without it they are in memory. */
  readonly path?: string;
  /** EventBridge Scheduler delivers within the minute that follows the stated time: up to this late, in milliseconds. */
  readonly maxLatenessMs?: number;
  readonly deliver: Deliver;
  /** Called with every whole minute, as the recurring schedules are. */
  readonly onMinute?: (minute: Instant) => void;
  readonly clock?: Clock;
};

const MAX_LATENESS = 59_000;

/** Starts EventBridge Scheduler on this machine. One-time schedules survive a restart, and overdue ones are delivered then. */
export async function startScheduler({
  path,
  maxLatenessMs = MAX_LATENESS,
  deliver,
  onMinute,
  clock = systemClock,
}: SchedulerOptions) {
  const store = scheduleStore(path ?? ':memory:');
  const delivery = new ScheduleDelivery(store, deliver, clock);
  let isRefusing = false;
  const server = createServer(async (request, response) => {
    try {
      if (isRefusing && request.method === 'POST') throw new ScheduleFault(500, 'InternalServerException', 'Refused.');
      reply(response, await handle(request, { store, clock, maxLatenessMs }));
    } catch (error) {
      refuse(response, error);
    }
    delivery.plan();
  });
  const { url, stop } = await listenOnLoopback(server);
  delivery.plan();
  const stopMinutes = onMinute && everyMinute(clock, onMinute);

  return {
    endpoint: url,
    /** Makes CreateSchedule fail from now on, as if the service were throttled or unreachable; false ends that. */
    refuse(on: boolean) {
      isRefusing = on;
    },
    /** Delivers what is due, after the clock was moved. */
    plan: () => delivery.plan(),
    names: (group: string, prefix: string) => store.list(group, prefix).map(({ name }) => name),
    stop() {
      delivery.stop();
      stopMinutes?.();
      stop();
      store.close();
    },
  };
}

type HandleDeps = { readonly store: ScheduleStore; readonly clock: Clock; readonly maxLatenessMs: number };

/** @returns the body of the answer. @throws ScheduleFault for a request that AWS would refuse. */
async function handle(request: IncomingMessage, { store, clock, maxLatenessMs }: HandleDeps): Promise<object> {
  const url = new URL(request.url ?? '/', 'http://scheduler');
  const name = decodeURIComponent(/^\/schedules\/([^/]+)$/.exec(url.pathname)?.[1] ?? '');
  if (!OPERATIONS.has(request.method ?? ''))
    throw new ScheduleFault(404, 'UnknownOperationException', 'This scheduler has no such operation.');
  if (request.method === 'POST') {
    const schedule = decodeSchedule(name, await readJson(request), clock.now());
    store.add({ ...schedule, dueAt: schedule.at + latenessOf(name, maxLatenessMs) });
    return { ScheduleArn: scheduleArn(schedule) };
  }
  if (request.method === 'GET' && url.pathname === '/schedules') {
    const [group, prefix] = [url.searchParams.get('ScheduleGroup'), url.searchParams.get('NamePrefix')];
    const found = store.list(group ?? 'default', prefix ?? '');
    return { Schedules: found.map((one) => ({ Name: one.name, GroupName: one.group, Arn: scheduleArn(one) })) };
  }
  const group = url.searchParams.get('groupName') ?? 'default';
  const schedule = store.find(group, name);
  if (!schedule) throw new ScheduleFault(404, 'ResourceNotFoundException', `Schedule ${name} does not exist.`);
  if (request.method === 'DELETE') {
    store.remove(group, name);
    return {};
  }
  const target = { Arn: schedule.targetArn, Input: schedule.input };
  return { Name: name, GroupName: group, Arn: scheduleArn(schedule), State: 'ENABLED', Target: target };
}

const OPERATIONS: ReadonlySet<string> = new Set(['POST', 'GET', 'DELETE']);

async function readJson(request: IncomingMessage): Promise<unknown> {
  try {
    return await json(request);
  } catch {
    throw new ScheduleFault(400, 'SerializationException', 'The body is not JSON.');
  }
}

/** Computes how late a wake-up comes, in milliseconds: always the same for the same name. */
function latenessOf(name: string, maxLatenessMs: number): number {
  return (createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32) * maxLatenessMs;
}

/** Calls back with every whole minute. @returns how to stop that. */
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

function reply(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, error: unknown): void {
  const { status, type, message } =
    error instanceof ScheduleFault ? error : new ScheduleFault(500, 'InternalServerException', 'The scheduler failed.');
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
    .end(JSON.stringify({ Message: message }));
}
