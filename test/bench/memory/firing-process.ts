import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import * as z from 'zod/mini';
import { HeldLease } from '../../../lib/firing/claim.ts';
import { SECOND } from '../../../lib/platform/clock.ts';
import { createDocuments } from '../../../lib/platform/dynamodb.ts';
import { logger } from '../../../lib/platform/logger.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';
import { ClaimWrites } from '../../../lib/prebookings/claim-writes.ts';
import { onTheDot } from '../fire/ways.ts';
import { trustCertificate } from '../tls-front.ts';

/* One firing in a process of its own, as Lambda starts one: it loads, waits for its event, and fires. */

const Cookies = z.array(z.object({ name: z.string(), value: z.string() }));
const Event = z.object({
  simulator: z.object({ origins: z.object({ origin: z.string(), login: z.string(), box: z.string() }) }),
  wanted: z.object({ box: z.string(), boxId: z.string(), day: z.string(), classId: z.string(), opensAt: z.number() }),
  member: z.object({
    email: z.string(),
    session: z.object({ token: z.string(), cookies: Cookies, fingerprint: z.string() }),
  }),
});

trustCertificate();
const claims = new ClaimWrites({
  documents: createDocuments(SECOND),
  table: 'prebookings',
  quota: { release: async () => undefined },
});
process.send?.('loaded');

const { simulator, wanted, member } = Event.parse((await once(process, 'message'))[0]);
const unused = () => Promise.reject(new Error('A benchmark does not use it.'));
const opening = { wanted, member, simulator: { ...simulator, addClass: unused, logIn: unused, arrived: unused } };
const signal = new AbortController().signal;
const lease = new HeldLease(
  { claims, clock, logger, prebookings: { find: async () => undefined } },
  { email: member.email, id: 'a' },
  randomUUID(),
);
const before = process.cpuUsage();
lease.startRenewing(signal);
const told = await onTheDot(opening, signal, undefined, async () => {
  lease.stopRenewing();
  await lease.commit(clock.now() + 2 * SECOND, clock.monotonic() + SECOND, signal);
});
const { user, system } = process.cpuUsage(before);
process.send?.({ told, cpuMs: (user + system) / 1_000, maxRssMB: process.resourceUsage().maxRSS / 1_024 });
process.once('message', () => process.exit(0));
