import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { OptionalInstant, OptionalText, StoredInstant } from '../../lib/platform/stored-fields.ts';

const Item = z.object({ at: StoredInstant, until: OptionalInstant, name: OptionalText });

describe('an instant of a table', () => {
  test('is decoded into epoch milliseconds', () => {
    expect(StoredInstant.parse('2026-03-27T19:30:00.250Z')).toBe(Date.UTC(2026, 2, 27, 19, 30, 0, 250));
  });

  test.each(['', 'soon', '2026-13-01T00:00:00.000Z', 'NaN'])('refuses %j, which is no date', (text) => {
    expect(StoredInstant.safeParse(text).success).toBe(false);
    expect(OptionalInstant.safeParse(text).success).toBe(false);
  });

  test('refuses a number, because the tables hold text', () => {
    expect(StoredInstant.safeParse(1_774_639_800_000).success).toBe(false);
  });
});

test('an item that lacks its optional fields has null in their place', () => {
  expect(Item.parse({ at: '1970-01-01T00:00:00.000Z', name: null })).toEqual({ at: 0, until: null, name: null });
  expect(Item.parse({ at: '1970-01-01T00:00:00.000Z' })).toEqual({ at: 0, until: null, name: null });
});
