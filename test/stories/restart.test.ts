import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { startStack } from '../../infra/local/stack.ts';
import { startSimulator } from '../../infra/simulator/simulator.ts';
import { apiClient, expectProblem } from '../support/stories/api-client.ts';
import { ownEngine } from '../support/stories/own-engine.ts';

const secrets = {
  keys: JSON.stringify({ current: 'k1', k1: 'key-of-the-story-tests'.padEnd(43, '.') }),
  salt: JSON.stringify({ fingerprintSalt: 'salt-of-the-story-tests' }),
  push: JSON.stringify({ vapidKey: 'v'.repeat(43) }),
};

test('a member locked out by wrong passwords is still locked out after a restart, and AimHarder is not asked', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'restart-'));
  const simulator = await startSimulator();
  const engine = await ownEngine();
  onTestFinished(async () => {
    engine?.stop();
    await simulator.stop();
    await rm(dataDir, { recursive: true });
  });
  const start = () =>
    startStack({
      ...(engine && { dynamodbEndpoint: engine.endpoint }),
      bundles: inject('bundles'),
      origins: simulator.origins,
      secrets,
      dataDir,
      startsRecurring: false,
      log: () => {},
    });
  const login = { email: 'ada@example.com', fingerprint: 'phone-12345' };

  const before = await start();
  const api = apiClient(before.url);
  for (let attempt = 0; attempt < 5; attempt += 1) await api.post('/v1/login', { ...login, password: 'wrong' });
  await before.stop();
  const asked = simulator.record.logins.length;
  const after = await start();
  const refused = await apiClient(after.url).post('/v1/login', { ...login, password: simulator.demo.password });
  await after.stop();

  expectProblem(refused, 429, 'too-many-attempts');
  expect(simulator.record.logins).toHaveLength(asked);
});
