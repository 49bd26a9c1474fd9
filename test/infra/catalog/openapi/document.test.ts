import { createConfig, lintFromString } from '@redocly/openapi-core';
import { expect, test } from 'vitest';
import { openApiDocument } from '../../../../infra/catalog/openapi/document.ts';
import { expectDescribed } from '../../../support/infra/described.ts';
import type { Json } from '../../../support/stories/api-client.ts';

test('the description passes a linter', async () => {
  const config = await createConfig({ extends: ['recommended'] });

  const problems = await lintFromString({ source: JSON.stringify(openApiDocument()), config });

  expect(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)).toEqual([]);
});

test('the text names the answers of API Gateway itself, which are no problem documents', () => {
  const { info } = openApiDocument() as { info: { description: string } };

  for (const status of [413, 429, 500, 503]) expect(info.description).toContain(String(status));
  expect(info.description).toContain('{"message"');
});

const answer = (status: number, body: object, contentType = 'application/json') => ({
  status,
  body: body as Json,
  text: JSON.stringify(body),
  headers: new Headers({ 'content-type': contentType }),
});
const problem = { type: 't', title: 't', status: 409, code: 'class-full', detail: 'd', instance: 'i' };

test.each([
  ['a route', 'GET', '/v1/secrets', answer(200, {})],
  ['a status', 'GET', '/v1/health', answer(201, { status: 'ok' })],
  ['a field', 'GET', '/v1/health', answer(200, { status: 'ok', extra: 1 })],
  ['a type', 'GET', '/v1/health', answer(200, { status: 1 })],
  ['a form', 'POST', '/v1/calendar', answer(201, { url: 'not an address' })],
  ['a code', 'GET', '/v1/boxes', answer(409, problem, 'application/problem+json')],
  ['a code of another status', 'POST', '/v1/bookings', answer(401, problem, 'application/problem+json')],
])('an answer with %s that is not described fails the test', (_name, method, path, undescribed) => {
  expect(() => expectDescribed(method, path, undescribed)).toThrow(/described/);
});
