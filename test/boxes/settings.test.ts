import { expect, test } from 'vitest';
import { boxSettingsFrom, timezoneOf } from '../../lib/boxes/settings.ts';

test('boxes are in mainland Spain unless configured otherwise', () => {
  const settings = boxSettingsFrom({ BOX_TIMEZONES: '{"box-tenerife": "Atlantic/Canary"}' });

  expect(['box-tenerife', 'box-sur', 'constructor'].map((box) => timezoneOf(settings, box))).toEqual([
    'Atlantic/Canary',
    'Europe/Madrid',
    'Europe/Madrid',
  ]);
});

test('opening rules are configured by subdomain', () => {
  const BOX_OPENINGS =
    '{"a": {"weekday": 7, "time": "17:30"}, "b": {"daysBefore": 2, "time": "12:00"}, "c": {"hoursBefore": 72}}';

  expect(boxSettingsFrom({ BOX_OPENINGS }).openings).toEqual(new Map(Object.entries(JSON.parse(BOX_OPENINGS))));
});

test.each([
  ['BOX_TIMEZONES', '{"a": "Mars/Olympus"}'],
  ['BOX_TIMEZONES', 'Europe/Madrid'],
  ['BOX_OPENINGS', '{"a": {"weekday": 0, "time": "17:30"}}'],
  ['BOX_OPENINGS', '{"a": {"weekday": 7}}'],
  ['BOX_OPENINGS', '{"a": {"daysBefore": 2, "hoursBefore": 3}}'],
  ['BOX_OPENINGS', '{"a": {"daysBefore": 2, "time": "24:00"}}'],
])('%s as %s is refused, with an example', (name, text) => {
  expect(() => boxSettingsFrom({ [name]: text })).toThrow(`configuration: ${name} must be JSON such as {"box-`);
});
