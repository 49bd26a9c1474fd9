import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Clock, DAY, HOUR } from '../platform/clock.ts';
import { type Documents, toIso } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import { type Page, type PageRequest, queryPage } from '../platform/paging.ts';
import { sameName } from '../platform/text.ts';
import { isUnfinished, type Pending, type Prebooking, type WantedClass } from './prebooking.ts';
import { decodePrebooking } from './prebooking-record.ts';
import { isPastTimeToLive, PENDING_IDS, type PrebookingStore } from './prebooking-store.ts';

export type PrebookingQueries = ReturnType<typeof prebookingQueries>;

const PendingIds = z.object({ pendingIds: z.optional(z.set(z.string())) });

/** What a member has ordered, found without its id. Read consistently. */
export function prebookingQueries({
  documents,
  table,
  clock,
  prebookings,
}: {
  readonly documents: Documents;
  readonly table: string;
  readonly clock: Clock;
  readonly prebookings: Pick<PrebookingStore, 'find' | 'release'>;
}) {
  /** Those that count against a member's limit. */
  async function counted(email: string): Promise<readonly (Prebooking | undefined)[]> {
    const key = { email, id: PENDING_IDS };
    const { Item } = await documents.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
    const { pendingIds = new Set<string>() } = PendingIds.parse(Item ?? {});
    return Promise.all([...pendingIds].map((id) => prebookings.find({ email, id })));
  }

  /** A member's pending pre-bookings: there are no more than the limit. */
  async function pendingOf(email: string): Promise<readonly Pending[]> {
    return (await counted(email)).filter((one): one is Pending => one?.status === 'pending');
  }

  /**
   * Gives back the places under a member's limit that whoever ended a pre-booking did not come to give back. One that is
   * not there yet may be being ordered, and keeps its place.
   */
  async function releaseEnded(email: string): Promise<void> {
    const ended = (await counted(email)).filter((one) => one !== undefined && !isUnfinished(one));
    await Promise.all(ended.map((one) => one && prebookings.release(one)));
  }

  /**
   * What became of a member's orders of one class, whatever slot id it had when it was ordered. A member seldom orders
   * more than one class of an hour: they fit in one answer.
   */
  async function ofClass(
    email: string,
    { box, familyId, className, classStartsAt }: Pick<WantedClass, 'box' | 'familyId' | 'className' | 'classStartsAt'>,
  ): Promise<readonly Prebooking[]> {
    const { Items = [] } = await documents.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'byClass',
        Select: 'ALL_ATTRIBUTES',
        KeyConditionExpression: 'email = :email AND classStartsAt = :start',
        ExpressionAttributeValues: { ':email': email, ':start': toIso(classStartsAt) },
        ConsistentRead: true,
      }),
    );
    return Items.filter((item) => !isPastTimeToLive(item, clock.now()))
      .map(decodePrebooking)
      .filter((one) => one.box === box && one.familyId === familyId && sameName(one.className, className));
  }

  return { pendingOf, releaseEnded, ofClass };
}

/**
 * Which of a member's pre-bookings: by status, by the routine that ordered them, and by the day of the class (`YYYY-MM-DD`
 * at its box), both ends included.
 */
export type PrebookingFilter = {
  readonly status?: Prebooking['status'] | undefined;
  readonly routineId?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

/** A pre-booking's place in the list: the key of the index `byClass`, without the member. */
export type PrebookingPosition = { readonly classStartsAt: string; readonly id: string };

/** A member's pre-bookings, those whose class starts last first, a page at a time. */
export function prebookingList({
  documents,
  table,
  clock,
}: {
  readonly documents: Documents;
  readonly table: string;
  readonly clock: Clock;
}) {
  return async function list(
    email: string,
    { status, routineId, from, to }: PrebookingFilter,
    page: PageRequest<PrebookingPosition>,
  ): Promise<Page<Prebooking, PrebookingPosition>> {
    const [earliest, latest] = startsBetween(from, to);
    if (page.after && (page.after.classStartsAt < earliest || page.after.classStartsAt > latest))
      throw new AppError('invalid-request', 'query.cursor: of a list with another from and to');
    return queryPage(
      documents,
      {
        TableName: table,
        IndexName: 'byClass',
        Select: 'ALL_ATTRIBUTES',
        KeyConditionExpression: 'email = :email AND classStartsAt BETWEEN :earliest AND :latest',
        ExpressionAttributeValues: { ':email': email, ':earliest': earliest, ':latest': latest },
        ScanIndexForward: false,
        ConsistentRead: true,
        partition: { email },
      },
      page,
      {
        decode(item) {
          if (isPastTimeToLive(item, clock.now())) return undefined;
          const one = decodePrebooking(item);
          const wanted =
            (status === undefined || one.status === status) &&
            (routineId === undefined || one.routineId === routineId) &&
            (from === undefined || one.day >= from) &&
            (to === undefined || one.day <= to);
          return wanted ? one : undefined;
        },
        positionOf: ({ classStartsAt, id }) => ({ classStartsAt: toIso(classStartsAt), id }),
      },
    );
  };
}

/** Text that sorts before and after every instant that is stored. */
const [EVER_BEFORE, EVER_AFTER] = ['0', '9999-12-31T23:59:59.999Z'];

/**
 * The instants between which classes of those days start, wherever their boxes are: the earliest zone is 14 hours ahead
 * of UTC, the latest 12 behind.
 */
function startsBetween(from: string | undefined, to: string | undefined): readonly [earliest: string, latest: string] {
  return [
    from === undefined ? EVER_BEFORE : toIso(Date.parse(from) - 14 * HOUR),
    to === undefined ? EVER_AFTER : toIso(Math.min(Date.parse(to) + DAY + 12 * HOUR, Date.parse(EVER_AFTER))),
  ];
}
