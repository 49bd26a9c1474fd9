import { type Clock, DAY, HOUR } from '../platform/clock.ts';
import { type Documents, isoOf } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import { type Page, type PageRequest, queryPage } from '../platform/paging.ts';
import type { Prebooking } from './prebooking.ts';
import { decodePrebooking } from './prebooking-record.ts';
import { isOver } from './prebooking-store.ts';

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

export type PrebookingList = ReturnType<typeof prebookingList>;

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
          if (isOver(item, clock.now())) return undefined;
          const one = decodePrebooking(item);
          const wanted =
            (status === undefined || one.status === status) &&
            (routineId === undefined || one.routineId === routineId) &&
            (from === undefined || one.day >= from) &&
            (to === undefined || one.day <= to);
          return wanted ? one : undefined;
        },
        positionOf: ({ classStartsAt, id }) => ({ classStartsAt: isoOf(classStartsAt), id }),
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
    from === undefined ? EVER_BEFORE : isoOf(Date.parse(from) - 14 * HOUR),
    to === undefined ? EVER_AFTER : isoOf(Math.min(Date.parse(to) + DAY + 12 * HOUR, Date.parse(EVER_AFTER))),
  ];
}
