import { describe, expect, test } from 'vitest';
import type { ListedClass } from '../../lib/aimharder/listing.ts';
import { type ClassToResolve, resolveClass } from '../../lib/aimharder/resolve-class.ts';

const LISTED: ListedClass = {
  ...{
    classId: '700',
    name: 'WOD',
    start: '18:00',
    end: '19:00',
    coach: null,
    capacity: 14,
    booked: 0,
    waitlist: null,
  },
  ...{ enabled: true, cancelled: false, mine: null, bookingId: null },
};
const row = (change: Partial<ListedClass> = {}): ListedClass => ({ ...LISTED, ...change });
const WANTED = { classId: '700', start: '18:00', name: ' wód ' };

/** What `resolveClass` says, with the slot id of the row that it names. */
function resolved(classes: readonly ListedClass[], wanted: ClassToResolve = WANTED): string {
  const answer = resolveClass(classes, wanted);
  return 'listed' in answer ? `${answer.kind} ${answer.listed.classId}` : answer.kind;
}

const another = row({ classId: '701' });
const cancelled = row({ cancelled: true });
const moved = row({ start: '20:00', end: '21:00' });

describe('a class that was ordered by its slot id', () => {
  test.each<[string, readonly ListedClass[], string]>([
    ['is found by it', [another, row()], 'found 700'],
    ['is found under another name', [row({ name: 'HYROX' }), another], 'found 700'],
    ['has moved if its row has another hour', [moved], 'moved 700'],
    ['has moved even if another stands at its hour', [moved, another], 'moved 700'],
    ['is cancelled', [cancelled], 'cancelled'],
    ['is cancelled at another hour', [row({ start: '20:00', cancelled: true })], 'cancelled'],
    ['is replaced by the live row beside the cancelled one', [cancelled, another], 'replaced 701'],
    ['is replaced if only its slot id has changed', [another], 'replaced 701'],
    ['is not replaced by a class at another hour', [row({ classId: '701', start: '08:00' })], 'gone'],
    ['is not replaced by another kind of class', [cancelled, row({ classId: '701', name: 'YOGA' })], 'cancelled'],
    ['is not replaced by one of two', [another, row({ classId: '702' })], 'ambiguous'],
    ['is not one of two beside its cancelled row', [cancelled, another, row({ classId: '702' })], 'ambiguous'],
    ['is cancelled if the row that replaced it is', [row({ classId: '701', cancelled: true })], 'cancelled'],
    ['is gone from an empty day', [], 'gone'],
  ])('%s', (_, classes, expected) => expect(resolved(classes)).toBe(expected));
});

describe('a class that was ordered before it was listed', () => {
  const unlisted = { ...WANTED, classId: null };

  test.each<[string, readonly ListedClass[], string]>([
    ['is found by its start and name', [moved, another], 'found 701'],
    ['is found beside its cancelled twin', [cancelled, another], 'found 701'],
    ['is ambiguous between two', [row(), another], 'ambiguous'],
    ['is cancelled', [cancelled], 'cancelled'],
    ['is gone if nothing is at its hour', [moved], 'gone'],
  ])('%s', (_, classes, expected) => expect(resolved(classes, unlisted)).toBe(expected));
});

describe('a class that is wanted for its hour', () => {
  const weekly = { ...WANTED, isHourFixed: true };

  test.each<[string, readonly ListedClass[], string]>([
    ['is found by its slot id', [another, row()], 'found 700'],
    ['is replaced by the class that took its hour', [moved, another], 'replaced 701'],
    ['has moved if nothing is left at its hour', [moved], 'moved 700'],
    [
      'has moved if what is left at its hour is cancelled',
      [moved, row({ classId: '701', cancelled: true })],
      'moved 700',
    ],
    ['is cancelled', [cancelled], 'cancelled'],
  ])('%s', (_, classes, expected) => expect(resolved(classes, weekly)).toBe(expected));
});
