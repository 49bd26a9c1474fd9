import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY, HOUR } from '../../lib/platform/clock.ts';
import { interceptedBy } from '../support/sessions/intercepted.ts';
import { device, sessionStores, startSessionWorld } from '../support/sessions/session-world.ts';

let world: Awaited<ReturnType<typeof startSessionWorld>>;
beforeAll(async () => {
  world = await startSessionWorld();
});
afterAll(() => world.stop());

test('a clean-up that runs out of time stops, and the clean-ups of later hours delete the rest', async () => {
  const { logins, clock, documents } = world;
  for (let member = 0; member < 40; member += 1)
    await logins.storeSession(device(`old-${member}@example.com`, 'phone-12345'));
  clock.advance(8 * DAY);
  /** Time for one page of the table an hour. */
  const hurried = async (): Promise<number> => {
    const over = new AbortController();
    let pages = 0;
    const slow = interceptedBy(documents, async (command, pass) => {
      if (command instanceof ScanCommand) pages += 1;
      if (pages > 1) over.abort();
      return pass();
    });
    return sessionStores(slow, clock).sessions.cleanupExpiredSessions(over.signal);
  };

  const ended: number[] = [];
  for (let hour = 0; hour < 8; hour += 1) {
    ended.push(await hurried());
    clock.advance(HOUR);
  }

  expect(Math.max(...ended)).toBeLessThan(40);
  expect(ended.reduce((sum, count) => sum + count)).toBe(40);
});

test('a clean-up without time deletes nothing', async () => {
  const { sessions, logins, clock } = world;
  await logins.storeSession(device('late@example.com', 'phone-12345'));
  clock.advance(8 * DAY);

  expect(await sessions.cleanupExpiredSessions(AbortSignal.abort())).toBe(0);
  expect(await sessions.cleanupExpiredSessions()).toBe(1);
});
