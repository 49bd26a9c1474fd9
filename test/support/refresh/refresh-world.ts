import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import type { AimHarder, AimHarderSession } from '../../../lib/aimharder/client.ts';
import { type Instant, MINUTE, SECOND } from '../../../lib/platform/clock.ts';
import type { Documents } from '../../../lib/platform/dynamodb.ts';
import type { Logger } from '../../../lib/platform/logger.ts';
import { dueIndex } from '../../../lib/refresh/due-index.ts';
import { type RefreshDueSessionsDeps, refreshDueSessions } from '../../../lib/refresh/refresh-due-sessions.ts';
import type { Claim, ResumePoint } from '../../../lib/refresh/slot-parts.ts';
import { WheelCursor } from '../../../lib/refresh/wheel-cursor.ts';
import { hashBucket, type SessionKey } from '../../../lib/sessions/session.ts';
import { answering, quiet } from '../aimharder/upstream.ts';
import { device, memberUpstream, START, sessionStores, steppedClock } from '../sessions/session-world.ts';
import { ALONE } from './alone.ts';

const never = new AbortController().signal;
const SLOTS = 8;
/** The partitions of a slot. */
const PARTITIONS = 16;

/** How a run differs from the default. */
type Changes = Partial<RefreshDueSessionsDeps> & { readonly aimHarder?: AimHarder };

type LogLine = readonly [level: string, fields: Parameters<Logger['info']>[1]];

let worlds = 0;

/** Creates a timing wheel that has run until just before slot 3. */
export async function wheelWorld(documents: Documents): Promise<WheelWorld> {
  worlds += 1;
  const world = new WheelWorld(documents, `wheel-${worlds}@example.com`);
  await world.startBeforeSlot3();
  return world;
}

/**
 * A timing wheel of eight slots on a real engine. Its sessions belong to one member, and no run of another world refreshes
 * them. The test gives AimHarder's answers. A run begins at the start of its minute; after that, only an answer moves the
 * clock.
 */
export class WheelWorld {
  readonly email: string;
  readonly clock;
  readonly sessions;
  /** The fingerprints of the sessions that were refreshed, in order. */
  readonly refreshed: string[] = [];
  /** What the runs have logged. */
  readonly lines: LogLine[] = [];
  readonly #documents: Documents;
  readonly #stores;
  readonly #firstMinute = Math.floor(START / MINUTE / SLOTS) * SLOTS + 3;

  constructor(documents: Documents, email: string) {
    this.email = email;
    this.clock = steppedClock(this.#firstMinute * MINUTE);
    this.#documents = documents;
    this.#stores = sessionStores(documents, this.clock);
    this.sessions = this.#stores.sessions;
  }

  async startBeforeSlot3(): Promise<void> {
    const Key = { email: '#refresh', fingerprint: 'cursor' };
    await this.#documents.send(new DeleteCommand({ TableName: 'sessions', Key }));
    await this.finish(await this.claim(this.#firstMinute - 1));
  }

  /** Claims a minute, as a run does that dies afterwards. */
  async claim(minute: number, at: Instant = minute * MINUTE): Promise<Claim> {
    const [claim] = (await this.deps().cursor.claim(minute, [{ first: 0, last: PARTITIONS - 1 }], at)) ?? [];
    if (!claim) throw new Error(`The minute ${minute} was claimed before.`);
    return claim;
  }

  finish(claim: Claim, resumeAt?: ResumePoint): Promise<void> {
    const partitions = Array.from({ length: PARTITIONS }, (_, index) => (claim.minute % SLOTS) + index * SLOTS);
    return this.deps().cursor.finish(claim, { partitions, resumeAt, work: new Map() });
  }

  /** The minutes of slot 3: its first, and the following rounds. */
  slot3(round: number): number {
    return this.#firstMinute + SLOTS * round;
  }

  /** AimHarder's answer to a refresh, by default. */
  async renewed(session: AimHarderSession) {
    this.refreshed.push(session.fingerprint);
    return { kind: 'updated', session: { ...session, token: 'next' } };
  }

  /** An AimHarder that takes a second for each answer. */
  readonly slowly = answering({
    updateToken: async (session) => {
      this.clock.advance(SECOND);
      return this.renewed(session);
    },
  });

  deps({ aimHarder = answering({ updateToken: (session) => this.renewed(session) }), ...changes }: Changes = {}) {
    return {
      ...memberUpstream({ ...this.#stores, aimHarder, clock: this.clock, logger: this.#logger() }),
      cursor: new WheelCursor({ documents: this.#documents, table: 'sessions' }),
      wheel: { slots: SLOTS, shards: 1 },
      concurrency: 1,
      ...ALONE,
      partSize: 60,
      startWorker: async () => Promise.reject(new Error('no workers here')),
      keysIn: this.keysOfMember(this.#documents),
      ...changes,
    };
  }

  /** @param time how long the run starts refreshes, in milliseconds. */
  run(minute: number, changes: Changes = {}, time = Number.POSITIVE_INFINITY) {
    this.clock.advance(Math.max(0, minute * MINUTE - this.clock.now()));
    const deadline: Instant = this.clock.monotonic() + time;
    return refreshDueSessions(this.deps(changes), minute, deadline, never);
  }

  async minutesBetween(first: number, last: number): Promise<void> {
    for (let minute = first + 1; minute < last; minute += 1) await this.run(minute);
  }

  /** Stores sessions that belong to a slot. */
  async sessionsInSlot(slot: number, count: number): Promise<void> {
    let stored = 0;
    for (let number = 0; stored < count; number += 1) {
      const fingerprint = `device-${number}`;
      if (hashBucket({ email: this.email, fingerprint }, SLOTS) !== slot) continue;
      await this.#stores.logins.storeSession(device(this.email, fingerprint));
      stored += 1;
    }
  }

  /** Reads the index of an engine, and leaves out the sessions of other members. */
  keysOfMember(engine: Documents): RefreshDueSessionsDeps['keysIn'] {
    const all = dueIndex({ documents: engine, table: 'sessions' });
    const { email } = this;
    return async function* keysIn(partition, after) {
      for await (const key of all(partition, after)) if (key.email === email) yield key;
    };
  }

  /** The member's sessions in a partition of the index, in its order. */
  async keysIn(partition: number): Promise<SessionKey[]> {
    const keys: SessionKey[] = [];
    for await (const key of this.keysOfMember(this.#documents)(partition)) keys.push(key);
    return keys;
  }

  #logger(): Logger {
    return {
      ...quiet,
      info: (_event, fields) => void this.lines.push(['info', fields]),
      warn: (_event, fields) => void this.lines.push(['warn', fields]),
    };
  }
}

/** Computes the time in which `count` refreshes start, one after the other, if each takes a second. */
export const timeFor = (count: number) => (count - 0.5) * SECOND;
