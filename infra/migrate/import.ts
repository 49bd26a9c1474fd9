import { randomUUID } from 'node:crypto';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { type AimHarder, UpstreamFailure, type WhoAmI } from '../../lib/aimharder/client.ts';
import type { Clock } from '../../lib/platform/clock.ts';
import { type Documents, epochSeconds, held, isoOf } from '../../lib/platform/dynamodb.ts';
import { seal } from '../../lib/platform/encryption.ts';
import type { Secrets } from '../../lib/platform/secrets.ts';
import { generateBackgroundFingerprint } from '../../lib/sessions/fingerprint.ts';
import { DEVICE_LIFETIME, refreshSlotOf } from '../../lib/sessions/session.ts';
import { decodeOldRow, type OldSession } from './old-row.ts';
import type { ExportedRow } from './read-export.ts';

export type ImportDeps = {
  readonly documents: Documents;
  readonly table: string;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** Values of the refresh index (lib/sessions/wheel.ts). */
  readonly refreshPartitions: number;
  /** Proves sessions alive; without it all are imported as needing a login. */
  readonly aimHarder: AimHarder | undefined;
  readonly say: (line: string) => void;
};

export type ImportCounts = Record<
  'background' | 'device' | 'expired' | 'refused' | 'alive' | 'written' | 'alreadyThere',
  number
>;

/** Sessions proven and written at the same time. */
const CONCURRENCY = 10;
const PROGRESS_EVERY = 100;
const PROOF_PATIENCE = 10_000;

/**
 * Imports the predecessor's sessions. It may be repeated: a live session that is there stays as it is, and one that needs a
 * login becomes live once it is proven.
 *
 * @param write false for a dry run, which reads and counts and asks nobody.
 */
export async function importSessions(
  deps: ImportDeps,
  rows: readonly ExportedRow[],
  write: boolean,
): Promise<ImportCounts> {
  const counts: ImportCounts = {
    background: 0,
    device: 0,
    expired: 0,
    refused: 0,
    alive: 0,
    written: 0,
    alreadyThere: 0,
  };
  const sessions: OldSession[] = [];
  for (const { line, row } of rows) {
    const decoded = decodeOldRow(row, deps.clock.now());
    if (decoded.kind === 'session') {
      counts[decoded.session.sessionType] += 1;
      sessions.push(decoded.session);
    } else counts[decoded.kind] += 1;
    if (decoded.kind === 'refused') deps.say(`line ${line}: refused: ${decoded.reason}`);
  }
  if (write) await writeAll(deps, sessions, counts);
  return counts;
}

async function writeAll(deps: ImportDeps, sessions: readonly OldSession[], counts: ImportCounts): Promise<void> {
  const waiting = sessions.values();
  let done = 0;
  const worker = async () => {
    for (const session of waiting) {
      const { written, alive } = await writeOne(deps, session);
      counts[written ? 'written' : 'alreadyThere'] += 1;
      if (alive) counts.alive += 1;
      done += 1;
      if (done % PROGRESS_EVERY === 0 || done === sessions.length) deps.say(`${done} of ${sessions.length}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

async function writeOne(
  deps: ImportDeps,
  session: OldSession,
): Promise<{ readonly written: boolean; readonly alive: boolean }> {
  const proof = await proofOf(deps, session);
  const Item = itemOf(deps, session, proof);
  const { updatedAt } = Item;
  const written = await held(
    deps.documents.send(
      new PutCommand({
        TableName: deps.table,
        Item,
        ConditionExpression: `attribute_not_exists(email) OR (${proof ? NEEDS_LOGIN : `${NEEDS_LOGIN} AND ${IS_OLDER}`})`,
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':required': 'login-required', ...(!proof && { ':updatedAt': updatedAt }) },
      }),
    ),
  );
  return { written, alive: written && proof !== undefined };
}

/** A live session is never replaced: not even by a proven one, because a login here made it, or an earlier import and refreshes since. */
const NEEDS_LOGIN = '#state = :required';
const IS_OLDER = 'updatedAt < :updatedAt';

type Proof = Extract<WhoAmI, { kind: 'member' }>;

/** What AimHarder says of a live session; undefined for one that is dead, or cannot be proven alive. */
async function proofOf(
  { aimHarder }: ImportDeps,
  { fingerprint, token, cookies }: OldSession,
): Promise<Proof | undefined> {
  try {
    const proof = await aimHarder?.whoAmI(
      { fingerprint: fingerprint ?? '', token, cookies },
      AbortSignal.timeout(PROOF_PATIENCE),
    );
    return proof?.kind === 'member' ? proof : undefined;
  } catch (error) {
    if (error instanceof UpstreamFailure) return undefined;
    throw error;
  }
}

function itemOf({ secrets, refreshPartitions }: ImportDeps, session: OldSession, proof: Proof | undefined) {
  const { email, sessionType, createdAt, updatedAt } = session;
  const isDevice = sessionType === 'device';
  // One background session per member, under the fingerprint this service computes: with the predecessor's salt it is the
  // same; with another, AimHarder refuses the next tokenUpdate, and the member is told to log in.
  const fingerprint = isDevice
    ? (session.fingerprint ?? '')
    : generateBackgroundFingerprint(email, secrets.fingerprintSalt);
  const sealed = (text: string, purpose: string) => seal(secrets.keys, text, [email, fingerprint, purpose]);
  return {
    email,
    fingerprint,
    sessionType,
    protected: !isDevice,
    state: proof ? 'active' : 'login-required',
    token: sealed(session.token, 'token'),
    cookies: sealed(JSON.stringify(proof?.session.cookies ?? session.cookies), 'cookies'),
    tokenVersion: randomUUID(),
    createdAt: isoOf(createdAt),
    updatedAt: isoOf(updatedAt),
    lastTokenUpdateAt: isoOf(session.lastTokenUpdateAt ?? updatedAt),
    tokenUpdateCount: session.tokenUpdateCount,
    boxes: proof?.boxes ?? [],
    ...(proof && { refreshSlot: refreshSlotOf({ email, fingerprint }, refreshPartitions) }),
    // The predecessor issued no access tokens: the member logs in once to get one.
    ...(isDevice && { accessTokenHash: null, deviceName: null, expiresAt: epochSeconds(createdAt + DEVICE_LIFETIME) }),
  };
}
