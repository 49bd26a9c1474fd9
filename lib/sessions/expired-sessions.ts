import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { HOUR, type Instant } from '../platform/clock.ts';
import { deleteIf, toIso } from '../platform/dynamodb.ts';
import { mapBounded } from '../platform/map-bounded.ts';
import { DEVICE_LIFETIME, type SessionKey, sessionKey } from './session.ts';
import type { SessionTable } from './session-record.ts';

type Table = Omit<SessionTable, 'clock'>;

/** The number of segments into which the clean-up divides its scan of the table. */
const SEGMENTS = 8;

/** How many sessions are deleted in parallel. */
export const DELETED_IN_PARALLEL = 10;

/** The condition that a session has ended, or is a device session that was created before `:before`. */
const IS_OVER = '#state = :ended OR (sessionType = :device AND createdAt < :before)';

/**
 * Deletes ended sessions, and device sessions older than 7 days, until the signal aborts. Runs of different hours begin
 * with different segments, so that every segment is reached even if no run has time for all.
 *
 * @returns how many sessions were deleted.
 */
export async function deleteExpiredSessions(table: Table, now: Instant, signal?: AbortSignal): Promise<number> {
  const before = now - DEVICE_LIFETIME;
  const first = Math.floor(now / HOUR);
  let deleted = 0;
  for (let offset = 0; offset < SEGMENTS; offset += 1) {
    for await (const keys of findOver(table, (first + offset) % SEGMENTS, before)) {
      if (signal?.aborted) return deleted;
      const results = await mapBounded(keys, DELETED_IN_PARALLEL, (key) => deleteIfOver(table, key, before));
      deleted += results.filter(Boolean).length;
    }
  }
  return deleted;
}

/** Finds the keys of ended and expired sessions in one segment of the table, page by page. */
async function* findOver(
  { documents, table }: Table,
  segment: number,
  before: Instant,
): AsyncGenerator<readonly SessionKey[]> {
  const pages = paginateScan(
    { client: documents },
    {
      TableName: table,
      FilterExpression: IS_OVER,
      ...valuesOfIsOver(before),
      ProjectionExpression: 'email, fingerprint',
      Segment: segment,
      TotalSegments: SEGMENTS,
    },
  );
  for await (const { Items = [] } of pages) yield Items.map(({ email, fingerprint }) => ({ email, fingerprint }));
}

/** Deletes a session unless a login has renewed it since it was read. */
function deleteIfOver({ documents, table }: Table, key: SessionKey, before: Instant): Promise<boolean> {
  return deleteIf(documents, {
    TableName: table,
    Key: sessionKey(key),
    ConditionExpression: IS_OVER,
    ...valuesOfIsOver(before),
  });
}

const valuesOfIsOver = (before: Instant) => ({
  ExpressionAttributeNames: { '#state': 'state' },
  ExpressionAttributeValues: { ':ended': 'ended', ':device': 'device', ':before': toIso(before) },
});
