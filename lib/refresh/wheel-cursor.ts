import { randomUUID } from 'node:crypto';
import { GetCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Instant, MINUTE } from '../platform/clock.ts';
import { type Documents, type Evidence, updateIf } from '../platform/dynamodb.ts';
import type { ResumePoint } from './timing-wheel.ts';

/** The cursor shares the sessions' table. No e-mail address starts with "#", so that no session has its key. */
const CURSOR_KEY = { email: '#refresh', fingerprint: 'cursor' };

const Cursor = z.looseObject({ minute: z.optional(z.number()) });

const StoredResumePoint = z.object({
  partition: z.number(),
  after: z.optional(z.object({ email: z.string(), fingerprint: z.string() })),
});

/** How far the timing wheel has come. */
export type CursorState = {
  /** The last minute that a run has claimed; undefined before the very first run. */
  readonly handled: number | undefined;
  /** Minutes that were claimed and not finished, each with the time of its claim. Their runs still work, or have died. */
  readonly unfinished: ReadonlyMap<number, Instant>;
  /** Where a slot's next run resumes, if its last run ran out of time. */
  readonly resumePointOf: (slot: number) => ResumePoint | undefined;
};

/**
 * Records which minutes the timing wheel has handled. Of two runs for one minute, only one claims it. The cursor moves
 * forward, except in `setBack`.
 */
export class WheelCursor {
  readonly #documents: Documents;
  readonly #table: string;

  /** @param table the sessions' table. */
  constructor({ documents, table }: { readonly documents: Documents; readonly table: string }) {
    this.#documents = documents;
    this.#table = table;
  }

  async read(): Promise<CursorState> {
    const { Item = {} } = await this.#documents.send(
      new GetCommand({ TableName: this.#table, Key: CURSOR_KEY, ConsistentRead: true }),
    );
    const cursor = Cursor.parse(Item);
    return {
      handled: cursor.minute,
      unfinished: parseClaims(cursor),
      resumePointOf: (slot) => z.optional(StoredResumePoint).parse(cursor[resumeAttribute(slot)]),
    };
  }

  /**
   * Claims a minute.
   *
   * @param at the time of the claim; a missed minute is claimed later than its own time.
   * @returns false if another run has claimed this minute, or a later one.
   */
  claim(minute: number, at: Instant = minute * MINUTE): Promise<boolean> {
    const claim = randomUUID();
    const update = {
      UpdateExpression: 'SET #minute = :minute, claim = :claim, #claimed = :at',
      ConditionExpression: 'attribute_not_exists(#minute) OR #minute < :minute',
      ExpressionAttributeNames: { '#minute': 'minute', '#claimed': claimAttribute(minute) },
      ExpressionAttributeValues: { ':minute': minute, ':claim': claim, ':at': at },
    };
    return this.#update(update, { claim });
  }

  /**
   * Takes over a minute whose run has died. This happens once for each minute: if this run dies too, the slot's next minute
   * comes soon enough.
   *
   * @returns false if another run has taken it over.
   */
  takeOver(minute: number): Promise<boolean> {
    const claim = randomUUID();
    const update = {
      UpdateExpression: 'SET claim = :claim REMOVE #claimed',
      ConditionExpression: 'attribute_exists(#claimed)',
      ExpressionAttributeNames: { '#claimed': claimAttribute(minute) },
      ExpressionAttributeValues: { ':claim': claim },
    };
    return this.#update(update, { claim });
  }

  /**
   * Finishes a minute. A cursor that was deleted meanwhile stays deleted: the next run starts anew.
   *
   * @param resumeAt where the slot's next run resumes; undefined if this run reached its end.
   */
  async finish(minute: number, slot: number, resumeAt: ResumePoint | undefined): Promise<void> {
    const update = {
      UpdateExpression: resumeAt ? 'SET #left = :left REMOVE #claimed' : 'REMOVE #left, #claimed',
      ConditionExpression: 'attribute_exists(#minute)',
      ExpressionAttributeNames: {
        '#minute': 'minute',
        '#left': resumeAttribute(slot),
        '#claimed': claimAttribute(minute),
      },
      ...(resumeAt && { ExpressionAttributeValues: { ':left': resumeAt } }),
    };
    await this.#update(update, 'repeatable');
  }

  /** Forgets the claims of minutes that are too old to be taken over. */
  async forget(minutes: readonly number[]): Promise<void> {
    const { names, removed } = claimAttributes(minutes);
    const update = {
      UpdateExpression: `REMOVE ${removed}`,
      ConditionExpression: 'attribute_exists(#minute)',
      ExpressionAttributeNames: { '#minute': 'minute', ...names },
    };
    await this.#update(update, 'repeatable');
  }

  /** Sets the cursor back to an earlier minute and forgets all its claims, unless the cursor has moved since it was read. */
  async setBack({ handled, unfinished }: CursorState, to: number): Promise<void> {
    const { names, removed } = claimAttributes([...unfinished.keys()]);
    const update = {
      UpdateExpression: `SET #minute = :to ${removed && `REMOVE ${removed}`}`,
      ConditionExpression: '#minute = :seen',
      ExpressionAttributeNames: { '#minute': 'minute', ...names },
      ExpressionAttributeValues: { ':to': to, ':seen': handled },
    };
    await this.#update(update, { minute: to });
  }

  #update(update: Omit<UpdateCommandInput, 'TableName' | 'Key'>, evidence: Evidence): Promise<boolean> {
    return updateIf(this.#documents, { TableName: this.#table, Key: CURSOR_KEY, ...update }, evidence);
  }
}

const resumeAttribute = (slot: number): string => `left${slot}`;

/** Each claim has an attribute of its own: DynamoDB cannot write an entry of a map before the map exists. */
const claimAttribute = (minute: number): string => `claimed${minute}`;
const CLAIM_ATTRIBUTE = /^claimed(\d+)$/;

function parseClaims(cursor: Readonly<Record<string, unknown>>): ReadonlyMap<number, Instant> {
  const claims = Object.entries(cursor).flatMap(([name, at]) => {
    const minute = CLAIM_ATTRIBUTE.exec(name)?.[1];
    return minute === undefined ? [] : [[Number(minute), z.number().parse(at)] as const];
  });
  return new Map(claims);
}

function claimAttributes(minutes: readonly number[]) {
  const names = Object.fromEntries(minutes.map((minute, index) => [`#claimed${index}`, claimAttribute(minute)]));
  return { names, removed: Object.keys(names).join(', ') };
}
