import { expect, test } from 'vitest';
import { atInvocationEnd, wrapInvocation } from '../../lib/platform/invocation.ts';

const context = { awsRequestId: 'one' };

test('registered actions run at the end of every invocation, also of a failed one', async () => {
  const seen: string[] = [];
  atInvocationEnd(() => seen.push('end'));
  const handler = wrapInvocation(async (event: string) => {
    seen.push(event);
    if (event === 'fails') throw new Error('refused');
    return event;
  });

  expect(await handler('works', context)).toBe('works');
  await expect(handler('fails', context)).rejects.toThrow('refused');

  expect(seen).toEqual(['works', 'end', 'fails', 'end']);
});
