import { type Behaviour, HOUR } from './behaviour.ts';
import * as asked from './questions.ts';

const EARLY = 'ERROR_ANTELACION_CLIENTE';

export const tooEarly = (errorMssgLang: string, errorMssg: string) => ({ bookState: -12, errorMssgLang, errorMssg });

export const opening: readonly Behaviour[] = [
  ...(
    [
      ['es', 'No puedes reservar clases con más de 4 días de antelación'],
      ['ca', "No pots reservar classes amb més de 4 dies d'antelació"],
      ['en', 'You cannot book classes more than 4 days in advance'],
    ] as const
  ).map(([language, text]) => ({
    switches: { language },
    says: 'too early, in days',
    ask: asked.book,
    wanted: { opensInMs: HOUR },
    answer: tooEarly(EARLY, text),
  })),
  ...(
    [
      ['es', 'No puedes reservar clases con más de 48 horas de antelación'],
      ['ca', "No pots reservar classes amb més de 48 hores d'antelació"],
      ['en', 'You cannot book classes more than 48 hours in advance'],
    ] as const
  ).map(([language, text]) => ({
    switches: { language, rule: { unit: 'hours', amount: 48 } as const },
    says: 'too early, in hours',
    ask: asked.book,
    wanted: { opensInMs: HOUR },
    answer: tooEarly(`${EARLY}_HORAS`, text),
  })),
  {
    switches: { rule: { weekday: 7, time: '17:30' } },
    says: 'too early, by the clock',
    ask: asked.book,
    wanted: { opensInMs: HOUR },
    answer: tooEarly(EARLY, 'Todavía no puedes reservar esta clase'),
  },
  ...(
    [
      ['es', 'Todavía no puedes reservar esta clase'],
      ['ca', 'Encara no pots reservar aquesta classe'],
      ['en', 'You cannot book this class yet'],
    ] as const
  ).map(([language, text]) => ({
    switches: { language, rule: { daysBefore: 2, time: '12:00' } },
    says: 'too early, at noon two days ahead',
    ask: asked.book,
    wanted: { opensInMs: HOUR },
    answer: tooEarly(EARLY, text),
  })),
  {
    switches: { rule: { daysBefore: 2, time: '12:00' } },
    says: 'noon two days ahead, over a clock change',
    ask: asked.openingIn('crossfit-demo', '2026-10-26', '08:00'),
    answer: '2026-10-24T10:00:00.000Z',
  },
  {
    switches: { rule: { daysBefore: 2, time: '12:00' } },
    says: 'noon two days ahead, in the Canaries',
    ask: asked.openingIn('box-tenerife', '2026-10-27', '08:00'),
    answer: '2026-10-25T12:00:00.000Z',
  },
  {
    switches: { boxRules: { 'crossfit-demo': { unit: 'hours', amount: 24 } } },
    says: 'too early, by the box’s own rule',
    ask: asked.bookFromTimetable,
    answer: tooEarly(`${EARLY}_HORAS`, 'No puedes reservar clases con más de 24 horas de antelación'),
  },
  {
    switches: { boxRules: { 'crossfit-demo': { unit: 'hours', amount: 24 } } },
    says: 'another box keeps the common rule',
    ask: asked.openingIn('box-tenerife', '2026-01-21', '09:00'),
    answer: '2026-01-17T09:00:00.000Z',
  },
  {
    switches: { memberRules: { 'demo@example.com': { unit: 'days', amount: 2 } } },
    says: 'too early, by the rule of the member’s tariff',
    ask: asked.book,
    wanted: { opensInMs: -HOUR },
    answer: tooEarly(EARLY, 'No puedes reservar clases con más de 2 días de antelación'),
  },
  {
    switches: { memberRules: { 'demo@example.com': { unit: 'days', amount: 7 } } },
    says: 'open by the rule of the member’s tariff, though the box opens it later',
    ask: asked.book,
    wanted: { opensInMs: HOUR },
    answer: { bookState: 1 },
  },
  {
    switches: { memberRules: { 'demo@example.com 77': { unit: 'days', amount: 2 } } },
    says: 'one of the family has another tariff',
    ask: asked.bookForFamily('77'),
    wanted: { opensInMs: -HOUR },
    answer: tooEarly(EARLY, 'No puedes reservar clases con más de 2 días de antelación'),
  },
  {
    switches: { memberRules: { 'demo@example.com 77': { unit: 'days', amount: 2 } } },
    says: 'the member keeps the box’s rule',
    ask: asked.book,
    wanted: { opensInMs: -HOUR },
    answer: { bookState: 1 },
  },
  {
    switches: { rule: { unit: 'days', amount: 4 } },
    says: 'days go by the wall clock',
    ask: asked.openingIn('crossfit-demo', '2026-10-27', '08:00'),
    answer: '2026-10-23T06:00:00.000Z',
  },
  {
    switches: { rule: { unit: 'hours', amount: 96 } },
    says: 'hours elapse',
    ask: asked.openingIn('crossfit-demo', '2026-10-27', '08:00'),
    answer: '2026-10-23T07:00:00.000Z',
  },
  {
    switches: { tooEarlyState: -4 },
    says: 'too early',
    ask: asked.book,
    wanted: { opensInMs: HOUR },
    answer: { bookState: -4 },
  },
  { switches: { gateBiasMs: 20 }, says: 'at the opening', ask: asked.book, answer: { bookState: -12 } },
  {
    switches: { gateBiasMs: 20 },
    says: '20 ms later',
    ask: asked.book,
    wanted: { opensInMs: -20 },
    answer: { bookState: 1 },
  },
];
