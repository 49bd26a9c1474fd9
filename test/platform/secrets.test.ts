import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { startSecretsManager } from '../../infra/local/secrets-manager.ts';
import { HOUR, MINUTE } from '../../lib/platform/clock.ts';
import { decrypt, encrypt } from '../../lib/platform/encryption.ts';
import type { Logger } from '../../lib/platform/logger.ts';
import { keySource, parseKeys, parseSalt } from '../../lib/platform/secrets.ts';
import { steppedClock } from '../support/sessions/session-world.ts';

const [FIRST, SECOND] = ['a'.repeat(64), 'b'.repeat(64)];
const context = ['ada@example.com'];

test('a rotated ring encrypts with the new key, and decrypts what the old key encrypted', () => {
  const before = parseKeys(JSON.stringify({ current: 'k1', k1: FIRST }), 'keys');
  const after = parseKeys(JSON.stringify({ current: 'k2', k1: FIRST, k2: SECOND }), 'keys');

  expect(decrypt(after, encrypt(before, 'token', context), context)).toBe('token');
  expect(() => decrypt(before, encrypt(after, 'token', context), context)).toThrow('k2 is not in the ring');
});

test.each([
  ['no JSON', FIRST],
  ['a key that can be guessed', JSON.stringify({ current: 'k1', k1: FIRST.slice(0, 42) })],
  ['no current key', JSON.stringify({ k1: FIRST })],
  ['a current key it does not hold', JSON.stringify({ current: 'k2', k1: FIRST })],
])('a secret with %s is refused by its name, and nothing of it is told', (_name, document) => {
  expect(() => parseKeys(document, 'the-keys')).toThrow(/^(?=.*the-keys)(?!.*aaaa)/);
});

test('an empty salt is refused', () => {
  expect(parseSalt('{"fingerprintSalt":"pepper"}', 'the-salt')).toBe('pepper');
  expect(() => parseSalt('{"fingerprintSalt":""}', 'the-salt')).toThrow('the-salt');
});

/** A Secrets Manager that counts how often it is asked, and a clock that stands still. */
async function secretsManager(document?: string) {
  const documents = new Map(document === undefined ? [] : [['keys', document]]);
  const server = await startSecretsManager(documents);
  const clock = steppedClock();
  const client = new SecretsManagerClient({
    endpoint: server.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  let asked = 0;
  client.middlewareStack.add(
    (next) => (args) => {
      asked += 1;
      return next(args);
    },
    { step: 'initialize' },
  );
  const set = (text: string) => documents.set('keys', text);
  const lose = () => documents.delete('keys');
  const logged: unknown[] = [];
  const logger: Pick<Logger, 'error'> = {
    error: (event, error, fields) => void logged.push([event, String(error), fields]),
  };
  const keys = keySource(client, 'keys', { clock, logger });
  return { keys, clock, set, lose, logged, asked: () => asked, stop: server.stop };
}

test('a key that another function already uses is fetched at once', async () => {
  const { keys, set, asked, stop } = await secretsManager(JSON.stringify({ current: 'k1', k1: FIRST }));
  await keys();
  const rotated = JSON.stringify({ current: 'k2', k1: FIRST, k2: SECOND });
  set(rotated);
  const envelope = encrypt(parseKeys(rotated, 'keys'), 'token', context);

  const rings = await Promise.all([keys(envelope), keys(envelope), keys()]);

  expect(decrypt(rings[0].keys, envelope, context)).toBe('token');
  expect(rings[1].keys).toBe(rings[0].keys);
  expect((await keys()).keys.current).toBe('k2');
  expect(asked()).toBe(2);
  stop();
});

test('a lost key is fetched once while the keys are cached', async () => {
  const { keys, clock, asked, stop } = await secretsManager(JSON.stringify({ current: 'k1', k1: FIRST }));
  for (let call = 0; call < 5; call += 1) expect((await keys('lost.envelope')).keys.current).toBe('k1');
  expect(asked()).toBe(2);

  clock.advance(HOUR);
  for (let call = 0; call < 5; call += 1) await keys('lost.envelope');

  expect(asked()).toBe(4);
  stop();
});

test('keys are fetched once, again after 10 minutes, and again at once after a failure', async () => {
  const { keys, clock, set, stop } = await secretsManager();

  await expect(keys()).rejects.toThrow('No such secret.');
  set(JSON.stringify({ current: 'k1', k1: FIRST }));
  expect((await keys()).keys.current).toBe('k1');
  set(JSON.stringify({ current: 'k2', k1: FIRST, k2: SECOND }));
  expect((await keys()).keys.current).toBe('k1');
  clock.advance(HOUR);
  expect((await keys()).keys.current).toBe('k2');
  stop();
});

test('keys that cannot be fetched again stay in use, and are fetched again within a minute', async () => {
  const { keys, clock, set, lose, asked, stop } = await secretsManager(JSON.stringify({ current: 'k1', k1: FIRST }));
  const current = async () => (await keys()).keys.current;
  await keys();
  lose();

  clock.advance(HOUR);
  expect(await Promise.all([current(), current()])).toEqual(['k1', 'k1']);
  expect(await current()).toBe('k1');
  expect(asked()).toBe(2);
  clock.advance(MINUTE);
  expect(await current()).toBe('k1');
  expect(asked()).toBe(3);

  set(JSON.stringify({ current: 'k2', k1: FIRST, k2: SECOND }));
  clock.advance(MINUTE);
  expect(await current()).toBe('k2');
  expect(asked()).toBe(4);
  stop();
});

test.each([
  ['cannot be parsed', `{"k1": "${FIRST}", `],
  ['does not hold its current key', JSON.stringify({ current: 'k2', k1: FIRST })],
  ['is lost', undefined],
])(
  'each fetch of a secret that %s is logged without its content, while the previous keys are used',
  async (_, text) => {
    const { keys, clock, set, lose, logged, stop } = await secretsManager(JSON.stringify({ current: 'k1', k1: FIRST }));
    await keys();
    if (text === undefined) lose();
    else set(text);

    clock.advance(HOUR);
    await Promise.all([keys(), keys()]);
    expect(logged).toEqual([['unexpected-error', expect.stringMatching(/secret/i), { during: 'fetch-secret' }]]);
    clock.advance(MINUTE);
    await keys();

    expect(logged).toHaveLength(2);
    expect(JSON.stringify(logged)).not.toContain(FIRST);
    stop();
  },
);

test('a newer key that cannot be fetched is an error, and is looked for again at its next use', async () => {
  const { keys, set, lose, stop } = await secretsManager(JSON.stringify({ current: 'k1', k1: FIRST }));
  await keys();
  const rotated = JSON.stringify({ current: 'k2', k1: FIRST, k2: SECOND });
  const envelope = encrypt(parseKeys(rotated, 'keys'), 'token', context);
  lose();

  await expect(keys(envelope)).rejects.toThrow('No such secret.');
  expect((await keys()).keys.current).toBe('k1');
  set(rotated);

  expect(decrypt((await keys(envelope)).keys, envelope, context)).toBe('token');
  stop();
});
