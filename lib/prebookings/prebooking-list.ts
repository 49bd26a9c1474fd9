import { type Clock, DAY, HOUR } from '../platform/clock.ts';
import { toIso } from '../platform/dynamodb.ts';
import { AppError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { type Page, type PageRequest, queryPage } from '../platform/paging.ts';
import { decodeReadable } from '../platform/stored-fields.ts';
import type { PrebookingTable } from './conditions.ts';
import type { Prebooking } from './prebooking.ts';
import { decodePrebooking, isPastTimeToLive } from './prebooking-record.ts';

/**
 * Selects pre-bookings of a member: by status, by the routine that ordered them, and by the day of the class (`YYYY-MM-DD`
 * at its box), both ends included.
 */
export type PrebookingFilter = {
  readonly status?: Prebooking['status'] | undefined;
  readonly routineId?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

/** A pre-booking's position in the list: the key of the index `byClass`, without the member. */
export type PrebookingPosition = { readonly classStartsAt: string; readonly id: string };

/** Lists a member's pre-bookings by pages (index `byClass`: PK `email`, SK `classStartsAt`). Reads are strongly consistent. */
export class PrebookingList {
  readonly #table: PrebookingTable;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor({ clock, logger, ...table }: PrebookingTable & { readonly clock: Clock; readonly logger: Logger }) {
    this.#table = table;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Reads a page, from the latest class to the earliest. */
  read(
    email: string,
    filter: PrebookingFilter,
    page: PageRequest<PrebookingPosition>,
  ): Promise<Page<Prebooking, PrebookingPosition>> {
    const [earliest, latest] = computeStartRange(filter);
    if (page.after && (page.after.classStartsAt < earliest || page.after.classStartsAt > latest))
      throw new AppError('invalid-request', 'query.cursor: from a list with another `from` or `to`');
    return queryPage(
      this.#table.documents,
      {
        TableName: this.#table.table,
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
        decode: (item) => {
          const prebooking = isPastTimeToLive(item, this.#clock.now()) ? undefined : this.#decode(item);
          return prebooking && matchesFilter(prebooking, filter) ? prebooking : undefined;
        },
        positionOf: ({ classStartsAt, id }) => ({ classStartsAt: toIso(classStartsAt), id }),
      },
    );
  }

  /** Decodes an item. @returns undefined for an item that is no pre-booking, which is logged: the others are still listed. */
  #decode(item: unknown): Prebooking | undefined {
    return decodeReadable(item, decodePrebooking, (error) =>
      this.#logger.error('unexpected-error', error, { during: 'list-prebookings' }),
    );
  }
}

const matchesFilter = (prebooking: Prebooking, { status, routineId, from, to }: PrebookingFilter): boolean =>
  (status === undefined || prebooking.status === status) &&
  (routineId === undefined || prebooking.routineId === routineId) &&
  (from === undefined || prebooking.day >= from) &&
  (to === undefined || prebooking.day <= to);

/** A text that sorts before every stored instant. */
const BEFORE_ALL = '0';
/** The last instant that can be stored. */
const AFTER_ALL = '9999-12-31T23:59:59.999Z';

/**
 * Computes between which instants the classes of the filter's days start. The time zones of the boxes are not known here: the
 * earliest zone is 14 hours ahead of UTC, the latest 12 hours behind.
 */
function computeStartRange({ from, to }: PrebookingFilter): readonly [earliest: string, latest: string] {
  return [
    from === undefined ? BEFORE_ALL : toIso(Date.parse(from) - 14 * HOUR),
    to === undefined ? AFTER_ALL : toIso(Math.min(Date.parse(to) + DAY + 12 * HOUR, Date.parse(AFTER_ALL))),
  ];
}
