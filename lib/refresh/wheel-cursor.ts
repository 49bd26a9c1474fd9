import { randomUUID } from 'node:crypto';
import { GetCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { Instant } from '../platform/clock.ts';
import { type Documents, type Evidence, updateIf } from '../platform/dynamodb.ts';
import type { Claim, OpenClaim, Part, PartitionWork, ResumePoint } from './slot-parts.ts';

/** The cursor shares the sessions' table. Its key has no e-mail address, so no session has that key. */
const CURSOR_KEY = { email: '#refresh', fingerprint: 'cursor' };

const Cursor = z.looseObject({ minute: z.optional(z.number()) });

const StoredClaim = z.object({ id: z.string(), at: z.number(), last: z.number(), takenOver: z.optional(z.boolean()) });
const StoredResumePoint = z.object({ after: z.optional(z.object({ email: z.string(), fingerprint: z.string() })) });

/** How far the timing wheel has come. */
export type CursorState = {
  /** The last minute that a run has claimed, counted from the epoch; undefined before the very first run. */
  readonly handled: number | undefined;
  /** The claims whose parts are not finished. */
  readonly open: readonly OpenClaim[];
  /** Returns where a part with these partitions resumes; undefined if its last run reached the end. */
  readonly resumePointIn: (partitions: readonly number[]) => ResumePoint | undefined;
  readonly workIn: PartitionWork;
};

/** What a run records of a part for its next runs. */
export type PartResult = {
  readonly partitions: readonly number[];
  /** Where the next run resumes; undefined if this run reached the part's end. */
  readonly resumeAt: ResumePoint | undefined;
  /** The work of each partition (`PartitionWork`), without the partitions that have too little work to matter. */
  readonly work: ReadonlyMap<number, number>;
};

/**
 * Records which minutes the timing wheel has handled, and which parts of their slots are still open. Of two runs for one
 * minute, only one claims it. The recorded minute only grows, except in `setBack`.
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
    const resumePointIn = (partitions: readonly number[]) => {
      const partition = partitions.find((candidate) => cursor[resumeAttribute(candidate)] !== undefined);
      if (partition === undefined) return undefined;
      return { partition, after: StoredResumePoint.parse(cursor[resumeAttribute(partition)]).after };
    };
    const workIn = (partition: number) => z.optional(z.number()).parse(cursor[workAttribute(partition)]) ?? 0;
    return { handled: cursor.minute, open: parseClaims(cursor), resumePointIn, workIn };
  }

  /**
   * Claims a minute, in one write for all parts of its slot.
   *
   * @param at the time of the claim; a missed minute is claimed later than its own time.
   * @returns the claims of the parts, or undefined if another run has claimed this minute, or a later one.
   */
  async claim(minute: number, parts: readonly Part[], at: Instant): Promise<readonly Claim[] | undefined> {
    const claims = parts.map((part) => ({ minute, part, id: randomUUID() }));
    const names = Object.fromEntries(claims.map((claim, index) => [`#part${index}`, claimAttribute(claim)]));
    const values = Object.fromEntries(claims.map((claim, index) => [`:part${index}`, toStored(claim, at)]));
    const update = {
      UpdateExpression: `SET #minute = :minute, ${claims.map((_, index) => `#part${index} = :part${index}`).join(', ')}`,
      ConditionExpression: 'attribute_not_exists(#minute) OR #minute < :minute',
      ExpressionAttributeNames: { '#minute': 'minute', ...names },
      ExpressionAttributeValues: { ':minute': minute, ...values },
    };
    return (await this.#update(update, (item) => claims.every(isOpenIn(item)))) ? claims : undefined;
  }

  /**
   * Begins the part of a claim that another run has made. A part is begun once, although Lambda may start a worker twice.
   *
   * @returns false if another worker has begun the part, or another run has taken it over.
   */
  async begin(claim: Claim, at: Instant): Promise<boolean> {
    const worker = randomUUID();
    const update = {
      UpdateExpression: 'SET #claim.worker = :worker, #claim.#at = :at',
      ConditionExpression: '#claim.id = :id AND attribute_not_exists(#claim.worker)',
      ExpressionAttributeNames: { '#claim': claimAttribute(claim), '#at': 'at' },
      ExpressionAttributeValues: { ':worker': worker, ':at': at, ':id': claim.id },
    };
    return this.#update(
      update,
      (item) =>
        z.looseObject({ worker: z.optional(z.string()) }).parse(item[claimAttribute(claim)] ?? {}).worker === worker,
    );
  }

  /**
   * Takes over a part whose run has died.
   *
   * @returns the new claim, or undefined if another run has taken the part over, or it is finished.
   */
  async takeOver(abandoned: OpenClaim, at: Instant): Promise<Claim | undefined> {
    const claim = { minute: abandoned.minute, part: abandoned.part, id: randomUUID() };
    const update = {
      UpdateExpression: 'SET #claim = :claim',
      ConditionExpression: '#claim.id = :id',
      ExpressionAttributeNames: { '#claim': claimAttribute(claim) },
      ExpressionAttributeValues: { ':claim': { ...toStored(claim, at), takenOver: true }, ':id': abandoned.id },
    };
    return (await this.#update(update, (item) => isOpenIn(item)(claim))) ? claim : undefined;
  }

  /**
   * Finishes a part: removes its claim, and records its result for its next runs. A cursor that was deleted meanwhile stays
   * deleted: the next run starts anew.
   */
  async finish(claim: Claim, { partitions, resumeAt, work }: PartResult): Promise<void> {
    const outdatedWork = partitions.filter((partition) => !work.has(partition)).map(workAttribute);
    const outdatedResumePoints = partitions
      .filter((partition) => partition !== resumeAt?.partition)
      .map(resumeAttribute);
    const remove = nameAll('removed', [claimAttribute(claim), ...outdatedResumePoints, ...outdatedWork]);
    const set = nameAll('set', [
      ...(resumeAt ? [resumeAttribute(resumeAt.partition)] : []),
      ...[...work.keys()].map(workAttribute),
    ]);
    // In the order of the attributes in `set`.
    const values = [...(resumeAt ? [{ after: resumeAt.after }] : []), ...work.values()];
    const assignments = set.placeholders.map((key, index) => `${key} = :value${index}`).join(', ');
    const update = {
      UpdateExpression: `${assignments && `SET ${assignments} `}REMOVE ${remove.placeholders.join(', ')}`,
      ConditionExpression: 'attribute_exists(#minute)',
      ExpressionAttributeNames: { '#minute': 'minute', ...set.names, ...remove.names },
      ...(values.length > 0 && {
        ExpressionAttributeValues: Object.fromEntries(values.map((value, index) => [`:value${index}`, value])),
      }),
    };
    await this.#update(update, 'repeatable');
  }

  /** Forgets claims that are too old to be taken over. */
  async forget(claims: readonly Claim[]): Promise<void> {
    const { names, placeholders } = nameAll('claim', claims.map(claimAttribute));
    const update = {
      UpdateExpression: `REMOVE ${placeholders.join(', ')}`,
      ConditionExpression: 'attribute_exists(#minute)',
      ExpressionAttributeNames: { '#minute': 'minute', ...names },
    };
    await this.#update(update, 'repeatable');
  }

  /**
   * Sets a cursor that is ahead of the clock back to the minute `to`, and forgets all its claims. Does nothing if the cursor has
   * moved since it was read.
   */
  async setBack({ handled, open }: CursorState, to: number): Promise<void> {
    const { names, placeholders } = nameAll('claim', open.map(claimAttribute));
    const update = {
      UpdateExpression: `SET #minute = :to${placeholders.length > 0 ? ` REMOVE ${placeholders.join(', ')}` : ''}`,
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

const resumeAttribute = (partition: number): string => `left${partition}`;
const workAttribute = (partition: number): string => `work${partition}`;

/** Each claim has an attribute of its own: DynamoDB cannot write an entry of a map before the map exists. */
const claimAttribute = ({ minute, part }: Pick<Claim, 'minute' | 'part'>): string => `claimed${minute}x${part.first}`;
/** Matches such an attribute's name: the minute, and the part's first position. */
const CLAIM_ATTRIBUTE = /^claimed(\d+)x(\d+)$/;

const toStored = ({ id, part }: Claim, at: Instant): z.infer<typeof StoredClaim> => ({ id, at, last: part.last });

/** Checks whether a claim is still the one in the item. */
const isOpenIn =
  (item: Readonly<Record<string, unknown>>) =>
  (claim: Claim): boolean =>
    StoredClaim.safeParse(item[claimAttribute(claim)]).data?.id === claim.id;

function parseClaims(cursor: Readonly<Record<string, unknown>>): readonly OpenClaim[] {
  return Object.entries(cursor).flatMap(([name, stored]) => {
    const [, minute, first] = CLAIM_ATTRIBUTE.exec(name) ?? [];
    if (minute === undefined) return [];
    const { id, at, last, takenOver = false } = StoredClaim.parse(stored);
    return [{ minute: Number(minute), part: { first: Number(first), last }, id, at, isTakenOver: takenOver }];
  });
}

/** Gives each attribute a placeholder (`#…`) for its name, as DynamoDB's expressions need them. */
function nameAll(prefix: string, attributes: readonly string[]) {
  const names = Object.fromEntries(attributes.map((attribute, index) => [`#${prefix}${index}`, attribute]));
  return { names, placeholders: Object.keys(names) };
}
