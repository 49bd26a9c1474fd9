import { randomUUID } from 'node:crypto';
import { GetCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Instant, MINUTE } from '../platform/clock.ts';
import { type Documents, updateIf } from '../platform/dynamodb.ts';
import type { ResumePoint } from './timing-wheel.ts';

/** No e-mail starts with "#": the cursor shares the sessions' table and is none of them. */
const CURSOR_KEY = { email: '#refresh', fingerprint: 'cursor' };

/** `unfinished` is how claims were kept before their instants were: for as long as such an item may be found. */
const Cursor = z.looseObject({ minute: z.optional(z.number()), unfinished: z.optional(z.set(z.number())) });
const StoredPlace = z.object({
  partition: z.number(),
  after: z.optional(z.object({ email: z.string(), fingerprint: z.string() })),
});

/** How far the wheel has come. */
export type CursorState = {
  /** The last minute that a run has claimed; undefined at the very first run. */
  readonly handled: number | undefined;
  /** Minutes that were claimed and not finished, and when they were claimed: their run is still at it, or dead. */
  readonly unfinished: ReadonlyMap<number, Instant>;
  /** Where the slot's next turn begins, when its last one was not finished in time. */
  readonly resumePointOf: (slot: number) => ResumePoint | undefined;
};

export type WheelCursor = ReturnType<typeof wheelCursor>;

/**
 * Which minutes' slots were refreshed. It only moves forward, unless it is set back: of two runs for one minute, one gets
 * it. A claim is known by an id, so that it is still its run's when the SDK has sent it twice.
 */
export function wheelCursor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
  async function read(): Promise<CursorState> {
    const { Item = {} } = await documents.send(
      new GetCommand({ TableName: table, Key: CURSOR_KEY, ConsistentRead: true }),
    );
    const cursor = Cursor.parse(Item);
    return {
      handled: cursor.minute,
      unfinished: new Map([...formerClaims(cursor.unfinished), ...claimsIn(cursor)]),
      resumePointOf: (slot) => z.optional(StoredPlace).parse(cursor[leftIn(slot)]),
    };
  }

  const update = (input: Omit<UpdateCommandInput, 'TableName' | 'Key'>) =>
    updateIf(documents, { TableName: table, Key: CURSOR_KEY, ...input });

  /**
   * @param at when, on the wall clock: in its own minute, unless it is made up later.
   * @returns false when another run has it, or a later one.
   */
  const claim = (minute: number, at: Instant = minute * MINUTE): Promise<boolean> =>
    update({
      UpdateExpression: 'SET #minute = :minute, claim = :claim, #claimed = :at',
      ConditionExpression: 'attribute_not_exists(#minute) OR #minute < :minute OR claim = :claim',
      ExpressionAttributeNames: { '#minute': 'minute', '#claimed': claimOf(minute) },
      ExpressionAttributeValues: { ':minute': minute, ':claim': randomUUID(), ':at': at },
    });

  /** Takes over a minute whose run is dead. It is made up once: should this run die too, the slot's next turn comes soon enough. */
  const takeOver = (minute: number): Promise<boolean> =>
    update({
      UpdateExpression: 'SET claim = :claim REMOVE #claimed DELETE unfinished :minutes',
      ConditionExpression: 'attribute_exists(#claimed) OR contains(unfinished, :minute) OR claim = :claim',
      ExpressionAttributeNames: { '#claimed': claimOf(minute) },
      ExpressionAttributeValues: { ':minute': minute, ':claim': randomUUID(), ':minutes': new Set([minute]) },
    });

  /**
   * A cursor that was deleted meanwhile stays so: the next run begins anew.
   *
   * @param left where the slot's next turn begins; undefined when nothing was left.
   */
  async function finish(minute: number, slot: number, left: ResumePoint | undefined): Promise<void> {
    await update({
      UpdateExpression: left ? 'SET #left = :left REMOVE #claimed' : 'REMOVE #left, #claimed',
      ConditionExpression: 'attribute_exists(#minute)',
      ExpressionAttributeNames: { '#minute': 'minute', '#left': leftIn(slot), '#claimed': claimOf(minute) },
      ...(left && { ExpressionAttributeValues: { ':left': left } }),
    });
  }

  /** Forgets claims of minutes that nobody will make up any more. */
  async function drop(minutes: readonly number[]): Promise<void> {
    const { names, removed } = claimsOf(minutes);
    await update({
      UpdateExpression: `REMOVE ${removed} DELETE unfinished :minutes`,
      ConditionExpression: 'attribute_exists(#minute)',
      ExpressionAttributeNames: { '#minute': 'minute', ...names },
      ExpressionAttributeValues: { ':minutes': new Set(minutes) },
    });
  }

  /** Sets it back, if it still stands where it was seen, and forgets every claim that was seen. */
  async function setBack({ handled, unfinished }: CursorState, to: number): Promise<void> {
    const { names, removed } = claimsOf([...unfinished.keys()]);
    await update({
      UpdateExpression: `REMOVE ${['unfinished', removed].filter(Boolean).join(', ')} SET #minute = :to`,
      ConditionExpression: '#minute = :seen',
      ExpressionAttributeNames: { '#minute': 'minute', ...names },
      ExpressionAttributeValues: { ':to': to, ':seen': handled },
    });
  }

  return { read, claim, takeOver, finish, drop, setBack };
}

const leftIn = (slot: number): string => `left${slot}`;

/** An attribute for each claim: an entry of a map could not be written before the map is. */
const claimOf = (minute: number): string => `claimed${minute}`;
const CLAIM = /^claimed(\d+)$/;

const claimsIn = (cursor: Readonly<Record<string, unknown>>): readonly (readonly [number, Instant])[] =>
  Object.entries(cursor).flatMap(([name, at]) => {
    const minute = CLAIM.exec(name)?.[1];
    return minute === undefined ? [] : [[Number(minute), z.number().parse(at)] as const];
  });

/** As if each had been claimed in its own minute, which is how they were judged. */
const formerClaims = (minutes: ReadonlySet<number> = new Set()): readonly (readonly [number, Instant])[] =>
  [...minutes].map((minute) => [minute, minute * MINUTE]);

function claimsOf(minutes: readonly number[]) {
  const names = Object.fromEntries(minutes.map((minute, index) => [`#claimed${index}`, claimOf(minute)]));
  return { names, removed: Object.keys(names).join(', ') };
}
