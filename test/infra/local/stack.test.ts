import { expect, test } from 'vitest';
import { startStack } from '../../../infra/local/stack.ts';

test('a first sweep that cannot run is logged', async () => {
  const lines: string[] = [];
  const stack = await startStack({
    bundles: '/nowhere',
    origins: { login: 'http://127.0.0.1:9', origin: 'http://127.0.0.1:9', box: 'http://127.0.0.1:9/{box}' },
    secrets: { keys: '', salt: '', push: '' },
    startsRecurring: false,
    log: (line) => void lines.push(line),
  });

  await stack.sweep();
  await stack.stop();

  expect(lines.map((line) => JSON.parse(line))).toContainEqual({
    level: 'ERROR',
    event: 'invocation-failed',
    function: 'sweep',
  });
});
