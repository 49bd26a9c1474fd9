import { afterAll, beforeAll, expect, test } from 'vitest';
import { synthesized } from '../../support/infra/synthesized.ts';
import type { Json } from '../../support/stories/api-client.ts';
import { AHEAD, startWorld, type World } from '../../support/stories/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const ended = (line: Json) => [line['event'], line['outcome'] ?? line['reason']];

/** Reads the saved query: the fields that it shows, and the field that it filters by. */
function query() {
  const stack = synthesized();
  const [definition] = stack.ofType('AWS::Logs::QueryDefinition');
  const text = String(definition?.Properties['QueryString']);
  const [, fields = ''] = /^fields (.+)$/m.exec(text) ?? [];
  const [, key = ''] = /filter (\w+) = "PUT THE ID HERE"/.exec(text) ?? [];
  return {
    fields: fields.split(', '),
    key,
    groups: definition?.Properties['LogGroupNames'],
    functions: stack.functions,
  };
}

/** Finds all log events that contain an id. */
const linesNaming = (id: string): readonly Json[] =>
  world.lines.filter((line) => line.includes(id)).map((line) => JSON.parse(line));

test('every log event has its time, its level and its invocation', async () => {
  await world.api.get('/v1/sessions');

  const events = world.lines.filter((line) => line.includes('"event":"answered"')).map((line) => JSON.parse(line));

  expect(events.length).toBeGreaterThan(0);
  for (const event of events)
    expect(event).toMatchObject({
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
      level: 'INFO',
      requestId: expect.stringMatching(/^[\w-]{36}$/),
    });
});

test('the whole history of a pre-booking is found by its id, in the logs of all functions', async () => {
  const member = world.member();
  const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
  const wanted = await world.addClass({ opensInMs: AHEAD });
  const ordered = await phone.post('/v1/prebookings', wanted);
  await world.skipTo(wanted.opensAt);
  const { id } = ordered.body['prebooking'] as { id: string };
  await world.finished(member, id);
  await world.fire({ email: member.email, id, order: await world.orderOf(member.email, id) });
  const other = await phone.post('/v1/prebookings', await world.addClass({ opensInMs: 3_600_000 }));
  const { id: cancelled } = other.body['prebooking'] as { id: string };
  await phone.delete(`/v1/prebookings/${cancelled}`);
  const { fields, key, groups, functions } = query();

  const histories = [id, cancelled].map((one) => linesNaming(one).filter((line) => line[key] === one));

  expect(histories).toEqual([id, cancelled].map(linesNaming));
  expect(histories[0]?.map(ended)).toEqual(
    expect.arrayContaining([
      ['prebooking-ordered', undefined],
      ['prebooking-finished', 'booked'],
      ['wake-up-skipped', 'finished'],
    ]),
  );
  expect(histories[1]?.map(ended)).toEqual([
    ['prebooking-ordered', undefined],
    ['prebooking-cancelled', undefined],
  ]);
  expect(fields).toEqual(expect.arrayContaining(['status', 'step', 'error', 'message', 'requestId', '@message']));
  expect(groups).toHaveLength(functions.size);
});
