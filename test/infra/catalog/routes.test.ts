import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { functionsByName } from '../../../infra/catalog/functions.ts';
import { PUBLIC_ROUTES, ROUTES } from '../../../infra/catalog/openapi/routes.ts';

/** Each place that a new route needs (CONTRIBUTING.md, "Adding a route") has a test here that names it when it is missing. */

const routes = [...functionsByName.values()]
  .flatMap((definition) => definition.routes ?? [])
  .filter((route) => route !== '$default');

test('every function of the catalogue has a file, and every file is in the catalogue', () => {
  const files = globSync('functions/*.ts').map((file) => basename(file, '.ts'));

  expect(
    [...functionsByName.keys()].filter((name) => !files.includes(name)).map((name) => `functions/${name}.ts`),
  ).toEqual([]);
  expect(files.filter((name) => !functionsByName.has(name)).map((name) => `infra/catalog: ${name}`)).toEqual([]);
});

test('every route of the catalogue is described, and no other', () => {
  const described = Object.keys(ROUTES);

  expect(
    routes.filter((route) => !described.includes(route)).map((route) => `infra/catalog/openapi: ${route}`),
  ).toEqual([]);
  expect(described.filter((route) => !routes.includes(route)).map((route) => `infra/catalog: ${route}`)).toEqual([]);
});

test('every route of GET that needs no bearer is a route of HEAD too', () => {
  const open = [...PUBLIC_ROUTES].filter((route) => route.startsWith('GET '));

  expect(open.length).toBeGreaterThan(0);
  expect(open.map((route) => route.replace('GET', 'HEAD')).filter((route) => !PUBLIC_ROUTES.has(route))).toEqual([]);
});

test('every response with a body has the schema of its view, or is text', () => {
  const bare = Object.entries(ROUTES).flatMap(([route, { responses }]) =>
    Object.entries(responses).flatMap(([status, { schema, contentType }]) =>
      schema || contentType || ['204', '304'].includes(status) || route.startsWith('HEAD ')
        ? []
        : [`lib/*/*-view.ts: ${route} → ${status}`],
    ),
  );

  expect(bare).toEqual([]);
});

test('every request with a body or parameters has the schema that decodes it', () => {
  const bare = Object.entries(ROUTES).flatMap(([route, { path, body }]) => [
    ...(/\{/.test(route) && !path ? [`lib/*/*-api.ts: the path of ${route}`] : []),
    ...(/^(PUT|PATCH) /.test(route) && !body ? [`lib/*/*-api.ts: the body of ${route}`] : []),
  ]);

  expect(bare).toEqual([]);
});

test('the paper for clients has every route', () => {
  const paper = readFileSync('lib/http/README.md', 'utf8');
  const named = new Set([...paper.matchAll(/`([A-Z]+ \/[^`? ]*)/g)].map(([, route]) => route));
  const missing = routes.filter((route) => !named.has(route.replace('{feed}', '{secret}.ics')));

  expect(missing.map((route) => `lib/http/README.md: ${route}`)).toEqual([]);
});

/** Calendar applications get the feed's whole URL from the service, and so do the stories. */
const CALLED_BY_URL = ['GET /v1/calendar/{feed}'];

test('every route has a story that calls it', () => {
  const stories = globSync('test/stories/*.test.ts').map((file) => readFileSync(file, 'utf8'));
  const calls = [...stories.join('\n').matchAll(/\.(get|post|put|patch|delete)\(\s*['"`](\/[^'"`?]*)/g)].map(
    ([, method = '', path = '']) => `${method.toUpperCase()} ${path.replaceAll(/\$\{[^}]*\}?/g, 'parameter')}`,
  );
  const isCalled = (route: string) => {
    const pattern = new RegExp(`^${route.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    return calls.some((call) => pattern.test(call));
  };
  // test/stories/every-route.test.ts calls every route of HEAD.
  const named = routes.filter((route) => !route.startsWith('HEAD ') && !CALLED_BY_URL.includes(route));
  const missing = named.filter((route) => !isCalled(route));

  expect(missing.map((route) => `test/stories: ${route}`)).toEqual([]);
});
