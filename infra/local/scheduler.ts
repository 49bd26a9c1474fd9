import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type Clock, type Instant, MINUTE } from '../../lib/platform/clock.ts';
import { systemClock } from '../../lib/platform/system-clock.ts';
import { listenOnLoopback } from './loopback.ts';
import { type Deliver, ScheduleDelivery } from './schedule-delivery.ts';
import { decodeSchedule, scheduleArn } from './schedule-request.ts';
import { openScheduleStore, ScheduleFault, type ScheduleStore } from './schedule-store.ts';

export type Scheduler = Awaited<ReturnType<typeof startScheduler>>;

export type SchedulerOptions = {
  /** The file with the schedules. Without it, they are in memory. */
  readonly path?: string;
  /** How late a wake-up may come, in milliseconds. EventBridge Scheduler delivers within the minute after the stated time. */
  readonly maxLatenessMs?: number;
  readonly deliver: Deliver;
  /** Called at every whole minute, to start the recurring functions. */
  readonly onMinute?: (minute: Instant) => void;
  readonly clock?: Clock;
};

const DEFAULT_MAX_LATENESS = 59_000;

/**
 * Starts EventBridge Scheduler on this machine. With a file (`path`), schedules survive a restart: the next start delivers those
 * that have become due meanwhile.
 */
export async function startScheduler({
  path,
  maxLatenessMs = DEFAULT_MAX_LATENESS,
  deliver,
  onMinute,
  clock = systemClock,
}: SchedulerOptions) {
  const store = openScheduleStore(path ?? ':memory:');
  const delivery = new ScheduleDelivery(store, deliver, clock);
  let isRefusing = false;
  const server = createServer(async (request, response) => {
    try {
      if (isRefusing && request.method === 'POST') throw new ScheduleFault(500, 'InternalServerException', 'Refused.');
      reply(response, await handle(request, { store, clock, maxLatenessMs }));
    } catch (error) {
      refuse(response, error);
    }
    delivery.setTimer();
  });
  const { url, stop } = await listenOnLoopback(server);
  delivery.setTimer();
  const stopMinutes = onMinute && startMinutes(clock, onMinute);

  return {
    endpoint: url,
    /** Makes CreateSchedule fail from now on, as if AWS throttled requests, or succeed again. */
    refuse(isRefused: boolean) {
      isRefusing = isRefused;
    },
    /** Sets the timer again. Call it after the clock was moved, so that all due schedules are delivered. */
    setTimer: () => delivery.setTimer(),
    /** Lists the names of a group's schedules that begin with a prefix. */
    names: (group: string, prefix: string) => store.list(group, prefix).map(({ name }) => name),
    /** Lists the events, as JSON, that a group's schedules will deliver. */
    inputs: (group: string) => store.list(group, '').map(({ input }) => input),
    stop() {
      delivery.stop();
      stopMinutes?.();
      stop();
      store.close();
    },
  };
}

type HandleDeps = { readonly store: ScheduleStore; readonly clock: Clock; readonly maxLatenessMs: number };

/**
 * Handles a request for `/schedules/{name}`, or for the list `/schedules`.
 *
 * @returns the body of the answer.
 * @throws ScheduleFault for a request that AWS would refuse.
 */
async function handle(request: IncomingMessage, { store, clock, maxLatenessMs }: HandleDeps): Promise<object> {
  const url = new URL(request.url ?? '/', 'http://scheduler');
  const name = decodeURIComponent(/^\/schedules\/([^/]+)$/.exec(url.pathname)?.[1] ?? '');
  if (!METHODS.has(request.method ?? ''))
    throw new ScheduleFault(404, 'UnknownOperationException', 'This scheduler has no such operation.');
  if (request.method === 'POST') {
    const { statedAt, ...schedule } = decodeSchedule(name, await readJson(request), clock.now());
    store.add({ ...schedule, dueAt: statedAt + computeLateness(name, maxLatenessMs) });
    return { ScheduleArn: scheduleArn(schedule) };
  }
  if (request.method === 'GET' && url.pathname === '/schedules') {
    const [group, prefix] = [url.searchParams.get('ScheduleGroup'), url.searchParams.get('NamePrefix')];
    const schedules = store.list(group ?? 'default', prefix ?? '');
    return {
      Schedules: schedules.map((found) => ({ Name: found.name, GroupName: found.group, Arn: scheduleArn(found) })),
    };
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

const METHODS: ReadonlySet<string> = new Set(['POST', 'GET', 'DELETE']);

async function readJson(request: IncomingMessage): Promise<unknown> {
  try {
    return await json(request);
  } catch {
    throw new ScheduleFault(400, 'SerializationException', 'The body is not JSON.');
  }
}

/** Computes a wake-up's simulated lateness, from 0 to `maxLatenessMs` milliseconds. A name always gives the same lateness. */
function computeLateness(name: string, maxLatenessMs: number): number {
  return (createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32) * maxLatenessMs;
}

/** Calls `onMinute` at every whole minute. @returns a function that stops the calls. */
function startMinutes(clock: Clock, onMinute: (minute: Instant) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const setTimer = () => {
    const next = (Math.floor(clock.now() / MINUTE) + 1) * MINUTE;
    timer = setTimeout(
      () => {
        onMinute(next);
        setTimer();
      },
      // One millisecond more, because `setTimeout` may fire up to a millisecond early.
      next - clock.now() + 1,
    );
  };
  setTimer();
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
