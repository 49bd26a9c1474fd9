import { randomUUID } from 'node:crypto';
import { GetCommand, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Documents, held } from '../platform/dynamodb.ts';
import type { Place } from './wheel.ts';

/** No e-mail starts with "#": the cursor shares the sessions' table and is none of them. */
const CURSOR_KEY = { email: '#refresh', fingerprint: 'cursor' };

const Cursor = z.looseObject({ minute: z.number(), unfinished: z.optional(z.set(z.number())) });
const StoredPlace = z.object({
  partition: z.number(),
  after: z.optional(z.object({ email: z.string(), fingerprint: z.string() })),
});

/** How far the wheel has come. */
export type CursorState = {
  /** The last minute that a run has claimed; undefined at the very first run. */
  readonly handled: number | undefined;
  /** Minutes that were claimed and not finished: their run is still at it, or dead. */
  readonly unfinished: readonly number[];
  /** Where the slot's next turn begins, when its last one was not finished in time. */
  readonly placeIn: (slot: number) => Place | undefined;
};

export type RefreshCursor = ReturnType<typeof refreshCursor>;

/**
 * Which minutes' slots were refreshed. It only moves forward: of two runs for one minute, one gets it. A claim is known by
 * an id, so that it is still its run's when the SDK has sent it twice.
 */
export function refreshCursor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
  async function read(): Promise<CursorState> {
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key: CURSOR_KEY, ConsistentRead: true }));
    const cursor = Item && Cursor.parse(Item);
    return {
      handled: cursor?.minute,
      unfinished: [...(cursor?.unfinished ?? [])],
      placeIn: (slot) => z.optional(StoredPlace).parse(cursor?.[leftIn(slot)]),
    };
  }

  const update = (input: Omit<UpdateCommandInput, 'TableName' | 'Key'>) =>
    documents.send(new UpdateCommand({ TableName: table, Key: CURSOR_KEY, ...input }));

  /** @returns false when another run has it, or a later one. */
  const claim = (minute: number): Promise<boolean> =>
    held(
      update({
        UpdateExpression: 'SET #minute = :minute, claim = :claim ADD unfinished :minutes',
        ConditionExpression: 'attribute_not_exists(#minute) OR #minute < :minute OR claim = :claim',
        ExpressionAttributeNames: { '#minute': 'minute' },
        ExpressionAttributeValues: { ':minute': minute, ':claim': randomUUID(), ':minutes': new Set([minute]) },
      }),
    );

  /** Takes over a minute whose run is dead. It is made up once: should this run die too, the slot's next turn comes soon enough. */
  const takeOver = (minute: number): Promise<boolean> =>
    held(
      update({
        UpdateExpression: 'SET claim = :claim DELETE unfinished :minutes',
        ConditionExpression: 'contains(unfinished, :minute) OR claim = :claim',
        ExpressionAttributeValues: { ':minute': minute, ':claim': randomUUID(), ':minutes': new Set([minute]) },
      }),
    );

  /** @param left where the slot's next turn begins; undefined when nothing was left. */
  async function finish(minute: number, slot: number, left: Place | undefined): Promise<void> {
    await update({
      UpdateExpression: `${left ? 'SET #left = :left' : 'REMOVE #left'} DELETE unfinished :minutes`,
      ExpressionAttributeNames: { '#left': leftIn(slot) },
      ExpressionAttributeValues: { ':minutes': new Set([minute]), ...(left && { ':left': left }) },
    });
  }

  return { read, claim, takeOver, finish };
}

const leftIn = (slot: number): string => `left${slot}`;
