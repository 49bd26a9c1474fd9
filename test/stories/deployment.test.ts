import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { copyBundles } from '../../infra/bundle/watch-bundles.ts';
import type { Json } from '../support/stories/api-client.ts';
import { ownEngine } from '../support/stories/own-engine.ts';
import { AHEAD, startWorld, type World } from '../support/stories/world.ts';

/** A deployment replaces every function while a firing holds its member's session and waits for the opening. */

let bundles: string;
let world: World;
beforeAll(async () => {
  bundles = mkdtempSync(join(tmpdir(), 'on-the-dot-deployment-'));
  copyBundles(inject('bundles'), bundles);
  world = await startWorld({}, {}, ownEngine, bundles);
});
afterAll(async () => {
  await world.stop();
  rmSync(bundles, { recursive: true, force: true });
});

const NEXT_VERSION = `
const { handler } = module.exports;
module.exports = {
  handler(event, context) {
    process.stdout.write(JSON.stringify({ event: 'next-version', function: context.functionName }) + '\\n');
    return handler(event, context);
  },
};
`;

/** Replaces the code of every function with a next version, which says at each start that it is one. */
function deploy(): void {
  for (const name of readdirSync(bundles)) {
    const file = join(bundles, name, 'index.cjs');
    writeFileSync(`${file}.new`, `${readFileSync(file, 'utf8')}\n${NEXT_VERSION}`);
    renameSync(`${file}.new`, file);
  }
}

const idIn = ({ body }: { readonly body: Json }): string => String((body['prebooking'] as Json)['id']);

const startsOfNext = (name: string) =>
  world.lines.filter((line) => line.startsWith('{"event":"next-version"') && line.includes(`"${name}"`)).length;

test('a firing that holds ends on its version, and one that begins after the deployment on the next: both book', async () => {
  const [ana, bea] = [world.member(), world.member()];
  const wanted = await world.addClass({ opensInMs: AHEAD });
  const beas = world.api.as(await world.login({ ...bea, fingerprint: 'phone-12345' }));
  const anas = world.api.as(await world.login({ ...ana, fingerprint: 'phone-12345' }));
  const anaId = idIn(await anas.post('/v1/prebookings', wanted));
  await world.skipTo(wanted.opensAt, 13_000);
  // The firing has measured the clock, and waits for the opening with its shot in hand.
  await world.logged('shot-prepared', { prebooking: anaId });
  // On any machine, the opening waits until Bea's firing has begun.
  world.clock.stop();

  deploy();
  const beaId = idIn(await beas.post('/v1/prebookings', wanted));
  await world.logged('prebooking-claimed', { prebooking: beaId });
  world.clock.run();
  const ended = await Promise.all([world.finished(ana, anaId), world.finished(bea, beaId)]);

  for (const prebooking of ended) expect(prebooking).toMatchObject({ status: 'booked', result: { outcome: 'booked' } });
  const shots = world.shotsAt(wanted.classId).map(({ email }) => email);
  expect(shots.toSorted()).toEqual([ana.email, bea.email].toSorted());
  for (const { email } of [ana, bea]) expect(world.reservationsIn(wanted.classId, email)).toBe(1);
  // Only Bea's firing is of the next version.
  expect(startsOfNext('create-prebooking')).toBe(1);
  expect(startsOfNext('fire-prebooking')).toBe(1);
  expect(world.lines.filter((line) => line.includes('"firing-restarted"'))).toEqual([]);
});
