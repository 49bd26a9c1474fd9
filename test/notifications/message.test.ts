import { expect, test } from 'vitest';
import { BlockedReason } from '../../lib/events/blocked-reason.ts';
import type { ServiceEvent } from '../../lib/events/event-schemas.ts';
import { Outcome } from '../../lib/events/outcome.ts';
import { CHANNELS } from '../../lib/notifications/channel.ts';
import {
  type MessageContext,
  writeChannelDisabled,
  writeMessage,
  writeTestMessage,
} from '../../lib/notifications/message.ts';
import { LANGUAGES } from '../../lib/notifications/notification-settings.ts';
import { statusAfter } from '../../lib/prebookings/prebooking.ts';

const OUTCOMES = Outcome.options;

const about = {
  version: '1' as const,
  eventId: 'e-1',
  email: 'ada@example.com',
  prebookingId: 'e',
  box: 'crossfit-demo',
  day: '2026-03-20',
  classId: '42',
  familyId: null,
  className: 'WOD Ñandú',
  classStartsAt: '2026-03-20T18:30:00.000Z',
  opensAt: '2026-03-17T18:30:00.000Z',
};
const { opensAt: _, ...promoted } = about;
const ended = (outcome: Outcome, message: string | null = null): ServiceEvent => ({
  type: TYPES[statusAfter(outcome)],
  detail: { ...about, outcome, bookingId: null, message, latenessMs: null, shots: 1, isAnswered: false },
});
const routine = {
  ...{ version: '1' as const, eventId: 'e-1', email: 'ada@example.com', routineId: 'r-1', box: 'crossfit-demo' },
  ...{ day: '2026-03-20', className: 'WOD Ñandú', classStartsAt: '2026-03-20T18:30:00.000Z' },
};
const blocked = (code: BlockedReason, suggestions: string[] = []): ServiceEvent => ({
  type: 'Routine Blocked',
  detail: { ...routine, code, suggestions },
});
const TYPES = {
  booked: 'PreBooking Booked',
  waitlisted: 'PreBooking Waitlisted',
  failed: 'PreBooking Failed',
} as const;
const context = (language: MessageContext['language'], zone = 'Europe/Madrid'): MessageContext => ({
  language,
  zoneOf: () => zone,
  nameOf: (box) => (box === 'crossfit-demo' ? 'CrossFit Demo' : box),
  isToldOfSeat: true,
});

const EVENTS: readonly (readonly [name: string, event: ServiceEvent])[] = [
  ...OUTCOMES.map((outcome) => [outcome, ended(outcome)] as const),
  ['promoted', { type: 'Booking Promoted', detail: { ...promoted, bookingId: '7' } }],
  ['at risk', { type: 'PreBooking AtRisk', detail: about }],
  ['late', { type: 'WakeUp Late', detail: { ...about, lateMs: 12_345 } }],
  ['lost', { type: 'WakeUp Lost', detail: about }],
  ...BlockedReason.options.map((code) => [`blocked, ${code}`, blocked(code)] as const),
  ['cleared', { type: 'Routine Cleared', detail: { ...routine, code: 'class-cancelled' } }],
];
const TABLE = LANGUAGES.flatMap((language) => EVENTS.map(([name, event]) => [language, name, event] as const));

test.each(TABLE)('in %s, the message about %s names the class, its box, day and time', (language, _name, event) => {
  const { subject, text } = writeMessage(event, context(language));

  for (const said of [subject, text]) {
    expect(said).toContain('WOD Ñandú');
    expect(said).toContain('19:30');
    expect(said).toContain('20');
    expect(said).not.toMatch(/undefined|null|NaN|Invalid|\$\{|\{\{|\[object|%s/);
  }
  expect(text).toContain('CrossFit Demo');
  expect(text).not.toContain('crossfit-demo');
  expect(text.length).toBeGreaterThan(20);
  expect(subject).not.toMatch(/[\r\n]/);
});

/** The events that name the person who attends the class. */
const PERSONAL: readonly ServiceEvent['type'][] = [
  'PreBooking Booked',
  'PreBooking Waitlisted',
  'PreBooking Failed',
  'Booking Promoted',
  'PreBooking AtRisk',
  'WakeUp Late',
  'WakeUp Lost',
];
const ABOUT_PERSON = TABLE.filter(([, , { type }]) => PERSONAL.includes(type));

test.each(ABOUT_PERSON)('in %s, the message about %s tells a relative’s class as such', (language, _name, event) => {
  const relatives = { ...event, detail: { ...event.detail, familyId: '77' } } as ServiceEvent;
  const [own, theirs] = [event, relatives].map((one) => writeMessage(one, context(language)));
  const phrase = {
    es: 'WOD Ñandú para un familiar',
    ca: 'WOD Ñandú per a un familiar',
    en: 'WOD Ñandú for a relative',
  };

  expect(theirs?.subject).toBe(own?.subject.replace('WOD Ñandú', phrase[language]));
  expect(theirs?.text).toBe(own?.text.replace('WOD Ñandú', phrase[language]));
});

test.each(LANGUAGES)('in %s, the names that a routine may have meant are told, each on the same line', (language) => {
  const { text } = writeMessage(blocked('class-not-found', ['WOD', 'OPEN\nBOX']), context(language));

  expect(text).toContain('WOD, OPEN BOX');
});

test('a moved class: the advice holds for the routine of its old hour, and for another routine of its new hour', () => {
  const texts = LANGUAGES.map((language) => writeMessage(blocked('class-moved'), context(language)).text);

  expect(texts).toEqual([
    expect.stringMatching(
      /: el box ha cambiado la clase de hora\. Si la quieres a su nueva hora, cambia la rutina de su hora anterior\.$/,
    ),
    expect.stringMatching(
      /: el box ha canviat la classe d’hora\. Si la vols a la seva nova hora, canvia la rutina de la seva hora anterior\.$/,
    ),
    expect.stringMatching(
      /: the box has moved the class to another hour\. If you want it at its new hour, change the routine for its old hour\.$/,
    ),
  ]);
});

test.each(LANGUAGES)('in %s, a member who is no longer invited is told what has ended', (language) => {
  const detail = { version: '1' as const, eventId: 'e', email: 'ada@example.com', since: '2026-03-20T18:30:00.000Z' };
  const { subject, text } = writeMessage({ type: 'Member NotInvited', detail }, context(language));

  expect([subject, text].map((said) => said.includes('On the Dot'))).toEqual([true, true]);
  expect(text).toContain('AimHarder');
});

test.each(LANGUAGES)('in %s, the subject about an outcome that nobody knows says so', (language) => {
  const subjectOf = (outcome: Outcome) => writeMessage(ended(outcome), context(language)).subject;
  const [unknown, timedOut, full] = [subjectOf('unknown'), subjectOf('upstream-timeout'), subjectOf('class-full')];

  expect(unknown).toMatch(/^(?:No sabemos si|No sabem si|We do not know whether) .+: WOD Ñandú,/);
  expect(timedOut).toBe(unknown);
  expect(full).not.toBe(unknown);
  expect(subjectOf('upstream-unreachable')).toBe(full);
});

test('no two outcomes have the same text, in any language', () => {
  for (const language of LANGUAGES) {
    const texts = OUTCOMES.map((outcome) => writeMessage(ended(outcome), context(language)).text);
    expect(new Set(texts).size).toBe(OUTCOMES.length);
  }
});

test('each language has its own text', () => {
  const texts = LANGUAGES.map((language) => writeMessage(ended('class-full'), context(language)));

  expect(texts.map(({ subject }) => subject)).toEqual([
    'Sin plaza: WOD Ñandú, viernes, 20 de marzo, 19:30',
    'Sense plaça: WOD Ñandú, divendres, 20 de març, 19:30',
    'Not booked: WOD Ñandú, Friday 20 March, 19:30',
  ]);
  expect(texts.map(({ text }) => text)).toEqual([
    'No se ha podido reservar WOD Ñandú (CrossFit Demo) del viernes, 20 de marzo, a las 19:30: la clase está completa. Busca plaza en otra clase, o apúntate a la lista de espera si la hay.',
    'No s’ha pogut reservar WOD Ñandú (CrossFit Demo) de divendres, 20 de març, a les 19:30: la classe és plena. Busca plaça en una altra classe, o apunta’t a la llista d’espera si n’hi ha.',
    'WOD Ñandú (CrossFit Demo) on Friday 20 March at 19:30 could not be booked: the class is full. Look for a seat in another class, or join the waitlist if there is one.',
  ]);
});

test('day and time are those of the box’s clock', () => {
  expect(writeMessage(ended('booked'), context('en', 'Atlantic/Canary')).subject).toBe(
    'Booked: WOD Ñandú, Friday 20 March, 18:30',
  );
  expect(writeMessage(ended('booked'), context('en', 'Pacific/Auckland')).subject).toBe(
    'Booked: WOD Ñandú, Saturday 21 March, 07:30',
  );
});

test('the message about an ended session names the next class that needs it, if there is one', () => {
  const event: ServiceEvent = {
    type: 'Session LoginRequired',
    detail: { version: '1', eventId: 'v', email: 'ada@example.com', since: '2026-03-16T10:00:00.000Z' },
  };
  const next = {
    className: 'Open Box',
    box: 'box-sur',
    familyId: null,
    classStartsAt: Date.UTC(2026, 2, 20, 18, 30),
    opensAt: Date.UTC(2026, 2, 17, 18, 0),
  };

  for (const language of LANGUAGES) {
    const { subject, text } = writeMessage(event, context(language), next);
    expect(subject).toContain('Open Box');
    for (const said of ['Open Box', 'box-sur', '19:30', '17', '19:00']) expect(text).toContain(said);
    const none = writeMessage(event, context(language));
    expect(none.text.length).toBeGreaterThan(20);
    expect(none.text).not.toMatch(/undefined/);
  }
});

test('a failure quotes AimHarder’s text, shortened and on one line; a success does not', () => {
  const said = writeMessage(ended('class-full', `Clase\r\nllena ${'x'.repeat(2_000)}`), context('es')).text;

  expect(said).toContain('\nAimHarder dice: «Clase llena xxx');
  expect(said.length).toBeLessThan(600);
  expect(writeMessage(ended('booked', 'Reserva hecha'), context('es')).text).not.toContain('Reserva hecha');
});

test('a quote of AimHarder’s text ends in no half character', () => {
  const said = writeMessage(ended('class-full', `x${'💪'.repeat(200)}`), context('es')).text;

  expect(said).toMatch(/«x(?:💪){149}»/u);
});

test('neither an empty class name nor one with line breaks can break a subject', () => {
  const named = (className: string): ServiceEvent => ({ type: 'WakeUp Lost', detail: { ...about, className } });

  expect(writeMessage(named(' '), context('en')).subject).toContain('the class');
  expect(writeMessage(named('WOD\r\nBcc: eve@example.com'), context('en')).subject).toContain(
    'WOD Bcc: eve@example.com',
  );
});

test.each(LANGUAGES)(
  'in %s, the message about a channel that has ended names the channel and where it led',
  (language) => {
    for (const channel of CHANNELS) {
      const { subject, text } = writeChannelDisabled(language, channel, 'hooks.example.com');
      expect(subject.length).toBeGreaterThan(10);
      expect(text).toContain('hooks.example.com');
      expect(text).toContain('On the Dot');
    }
  },
);

test('a test says that it is one, in each language', () => {
  expect(new Set(LANGUAGES.map((language) => writeTestMessage(language).subject)).size).toBe(LANGUAGES.length);
});
