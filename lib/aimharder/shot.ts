import type { Clock, Instant } from '../platform/clock.ts';
import { type BookingAnswer, readBooking } from './booking-answer.ts';
import type { Connection } from './connection.ts';
import { type ListedClass, readListing } from './listing.ts';
import {
  type AimHarderSession,
  type BookRequest,
  bookRequest,
  listingRequest,
  type TimetableQuery,
} from './requests.ts';

/** A booking request that was sent, and its answer. `sentAt` is on our monotonic clock. */
export type Shot = { readonly answer: BookingAnswer; readonly sentAt: Instant };

/** Builds a booking request beforehand, so that at the instant of the shot it only has to be written to the connection. */
export function prepareShot(connection: Connection, clock: Clock, session: AimHarderSession, request: BookRequest) {
  const built = connection.build(bookRequest(connection.origins, session, request));
  return {
    /** Whether the request's connection was lost. `fire` then uses another connection, whose path was not measured. */
    isLost: () => built.isLost(),
    async fire(signal: AbortSignal): Promise<Shot> {
      const firedAt = clock.monotonic();
      const { answer, sentAt } = await readBooking(built.send(signal));
      // Without an answer, `readBooking` does not know `sentAt`.
      return { answer, sentAt: sentAt ?? firedAt };
    },
  };
}

/** Lists a day's classes over the connection of a firing. @throws UpstreamFailure, LoggedOut. */
export async function listOver(
  connection: Connection,
  session: AimHarderSession,
  query: TimetableQuery,
  signal: AbortSignal,
): Promise<readonly ListedClass[]> {
  return readListing(await connection.build(listingRequest(connection.origins, session, query)).send(signal));
}
