import { afterAll, beforeAll, expect, test } from 'vitest';
import { OPERATIONS } from '../../infra/catalog/openapi/operations.ts';
import { startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test('the samples of the description work as they stand, one after the other, against a fresh service', async () => {
  const samples = Object.entries(OPERATIONS).flatMap(([route, { body }]) => (body ? [{ route, body }] : []));
  let client = world.api;
  // A sample that needs a routine follows the one that makes it.
  let routine = '';
  const statuses: Record<string, number> = {};
  for (const { route, body } of samples) {
    const [method = '', path = ''] = route.split(' ');
    const answer = await client.call(method, path.replace('{id}', routine), body);
    statuses[route] = answer.status;
    if (route === 'POST /v1/login') client = world.api.as(String(answer.body['accessToken']));
    if (route === 'POST /v1/routines') routine = String(Object(answer.body['routine']).id);
  }

  expect(samples.length).toBeGreaterThanOrEqual(8);
  expect(Object.entries(statuses).filter(([, status]) => Math.floor(status / 100) !== 2)).toEqual([]);
});
