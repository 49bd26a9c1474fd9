import { afterAll, beforeAll, expect, test } from 'vitest';
import { functionsByName } from '../../infra/catalog/functions.ts';
import { startWorld, type World } from '../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** Whom anybody may ask. A route that joins them is public on purpose, or this fails. */
const PUBLIC = ['calendar-feed', 'describe-api', 'health', 'login', 'not-found'];

const routes = [...functionsByName].flatMap(([name, definition]) =>
  (definition.routes ?? []).flatMap((route) => {
    const [method, path] = route.split(' ');
    return method && path ? [{ name, method, path: path.replaceAll(/\{\w+\}/g, 'a-name-of-length') }] : [];
  }),
);

test('the public functions are these, and no other', () => {
  expect([...functionsByName].flatMap(([name, { public: open }]) => (open ? [name] : [])).toSorted()).toEqual(PUBLIC);
});

test.each(routes.filter(({ name }) => !PUBLIC.includes(name)))(
  '$method $path tells nothing to whoever has no access token, or a wrong one',
  async ({ method, path }) => {
    for (const headers of [{}, { authorization: `Bearer otd_${btoa('["a@b.c","phone-12345"]')}.${'x'.repeat(43)}` }]) {
      const response = await fetch(`${world.stack.url}${path}`, { method, headers });

      expect([response.status, await response.json()]).toMatchObject([401, { code: 'unauthenticated' }]);
    }
  },
);

test.each(routes.filter(({ name }) => PUBLIC.includes(name)))(
  '$method $path asks for none',
  async ({ method, path }) => {
    const response = await fetch(`${world.stack.url}${path}`, { method });

    expect(response.status).not.toBe(401);
  },
);
