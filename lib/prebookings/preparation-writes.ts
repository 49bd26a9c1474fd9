import { hasLease, hasStatus, type PrebookingTable, updatePrebooking } from './conditions.ts';
import { type Preparation, TRANSITIONS, type Unfinished } from './prebooking.ts';
import { encodePreparation } from './prebooking-record.ts';

/** The write of a preparation. It is not in `ClaimWrites`, because the bundle of `fire-prebooking` has no room for it. */
export class PreparationWrites {
  readonly #table: PrebookingTable;

  constructor(table: PrebookingTable) {
    this.#table = table;
  }

  /**
   * Hands a prepared pre-booking over to its firing: ends the lease, and records what the preparation has found and when the
   * firing is to begin.
   *
   * @param wokenLateMs how late the wake-up came, if the member is to be told.
   * @returns false if another run holds the lease, or the member has cancelled the pre-booking.
   */
  handOver(
    prebooking: Unfinished,
    leaseId: string,
    preparation: Preparation,
    wokenLateMs: number | undefined,
  ): Promise<boolean> {
    const { firesAt, sessionProven, classListed } = encodePreparation(preparation);
    const change = {
      text: `SET classId = :classId, firesAt = :fires, sessionProven = :proven, classListed = :listed
        ${wokenLateMs === undefined ? '' : ', wokenLateMs = :late'} REMOVE attempt, attemptUntil`,
      // Undefined values are not sent.
      values: {
        ':classId': prebooking.classId,
        ':late': wokenLateMs,
        ':fires': firesAt,
        ':proven': sessionProven,
        ':listed': classListed,
      },
    };
    return updatePrebooking(this.#table, prebooking, change, [hasLease(leaseId), hasStatus(TRANSITIONS.handOver)]);
  }
}
