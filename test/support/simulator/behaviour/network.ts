import { expect } from 'vitest';
import type { Fault, SimulatorOptions } from '../../../../infra/simulator/simulator.ts';
import { type Behaviour, HOUR } from './behaviour.ts';
import { idled, stamped } from './connection-questions.ts';
import * as asked from './questions.ts';

const STILL = { inboundMs: 0, outboundMs: 0, jitterMedianMs: 0, jitterSigma: 0 };

export const listing: readonly Behaviour[] = [
  {
    switches: {},
    says: 'a row',
    ask: asked.bookedRow,
    answer: {
      id: 900_000_001,
      bookState: 1,
      idres: 90_000_001,
      limitc: 14,
      cancelledId: null,
      enabled: 1,
      included: 1,
    },
  },
  {
    switches: { typeDrift: true },
    says: 'a row',
    ask: asked.bookedRow,
    answer: { id: '900000001', bookState: '1', idres: '90000001', limitc: '14' },
  },
  {
    switches: {},
    says: 'the member’s row, without a session',
    ask: asked.bookedRowForNobody,
    answer: { id: 900_000_001, bookState: null, idres: null, ocupation: 1, limitc: 14 },
  },
  {
    switches: {},
    says: 'a class with a waitlist',
    ask: asked.row,
    wanted: { opensInMs: 0, waitlist: 4 },
    answer: { limit: '14 (4)', limitc: 14, waitlist: 0 },
  },
  { switches: {}, says: 'a class not open', ask: asked.row, wanted: { opensInMs: HOUR }, answer: { enabled: 1 } },
  {
    switches: { hiddenUntilOpen: true },
    says: 'a class not open',
    ask: asked.row,
    wanted: { opensInMs: HOUR },
    answer: undefined,
  },
  {
    switches: { outOfTariff: ['WOD'], closesBeforeMs: 100 * HOUR },
    says: 'a row that nobody may book',
    ask: asked.row,
    wanted: { opensInMs: 0, cancelled: true, staffOnly: true },
    answer: { cancelledId: expect.any(Number), resadmin: 1, included: 0, enabled: 0 },
  },
  {
    switches: { seed: 1 },
    says: 'the hours of a day',
    ask: asked.hours,
    answer: ['0700', '0800', '0930', '0930', '1030', '1130', '1300', '1700', '1800', '1800', '1900', '2000'],
  },
  {
    switches: { seed: 2 },
    says: 'the hours of a day',
    ask: asked.hours,
    answer: ['0700', '0800', '0930', '0930', '1030', '1130', '1300', '1700', '1800', '1800', '1900', '2000', '2100'],
  },
];

export const network: readonly Behaviour[] = [
  { switches: {}, says: 'a shot', ask: asked.flight, answer: { lateness: 0, date: '11:00:00' } },
  {
    switches: { path: { ...STILL, inboundMs: 30, outboundMs: 20 } },
    says: 'a shot',
    ask: asked.flight,
    answer: { lateness: 30 },
  },
  {
    switches: { path: { ...STILL, inboundMs: 30, jitterMedianMs: 2 } },
    says: 'a shot',
    ask: asked.flight,
    answer: { lateness: 32 },
  },
  {
    switches: { pathPerConnection: { minMs: 7, maxMs: 7 } },
    says: 'a shot',
    ask: asked.flight,
    answer: { lateness: 7 },
  },
  {
    switches: { skewMs: 1_990, answerMs: { min: 20, max: 20 } },
    says: 'a shot',
    ask: asked.flight,
    answer: { lateness: 0, date: '11:00:02' },
  },
  {
    switches: { servers: [-2_000] },
    says: 'a shot',
    ask: asked.flight,
    answer: { lateness: -2_000, date: '10:59:58' },
  },
  { switches: { fileMs: 1_500 }, says: 'the time of a file', ask: stamped, answer: '11:00:01' },
  { switches: {}, says: 'the time of a file', ask: stamped, answer: '11:00:00' },
  { switches: { keepAliveMs: 50 }, says: 'an idle connection', ask: idled, answer: [200] },
  { switches: { keepAliveMs: 50, idleAnswer: true }, says: 'an idle connection', ask: idled, answer: [200, 408] },
  { switches: { keepAliveMs: 60_000 }, says: 'an idle connection', ask: idled, answer: 'kept' },
  { switches: { date: 'exact' }, says: 'the time', ask: asked.dates, answer: ['11:00:00 null', '11:00:03 null'] },
  {
    switches: { dateAheadMs: -20_000 },
    says: 'a shot',
    ask: asked.flight,
    answer: { lateness: 0, date: '10:59:40' },
  },
  { switches: { date: 'missing' }, says: 'the time', ask: asked.dates, answer: ['undefined null', 'undefined null'] },
  { switches: { date: 'cached' }, says: 'the time', ask: asked.dates, answer: ['11:00:00 0', '11:00:00 3'] },
  { switches: { date: 'stale' }, says: 'the time', ask: asked.dates, answer: ['11:00:00 null', '11:00:00 null'] },
];

const struck = (fault: Fault, rate = 1): SimulatorOptions => ({ faultRates: [{ path: '/api/book', fault, rate }] });

const PAGE = '200 <!DOCTYPE html>';
const BOOKED = '200 {"clasesContrat';

const struckFaults: readonly Behaviour[] = (
  [
    [{ kind: 'status', status: 403 }, '403 <!DOCTYPE html>', 0],
    [{ kind: 'status', status: 429 }, '429 <!DOCTYPE html>', 0],
    [{ kind: 'status', status: 500 }, '500 <!DOCTYPE html>', 0],
    [{ kind: 'status', status: 503 }, '503 <!DOCTYPE html>', 0],
    [{ kind: 'answer', body: '{"bookState":-9}' }, '200 {"bookState":-9', 0],
    [{ kind: 'html' }, PAGE, 0],
    [{ kind: 'huge' }, '200 {"bookings":[],', 0],
    [{ kind: 'redirect' }, '302 ', 0],
    [{ kind: 'logout' }, '200 {"logout":1}', 0],
    [{ kind: 'too-early' }, '200 {"bookState":-1', 0],
    [{ kind: 'reset' }, 'broken', 0],
    [{ kind: 'reset-late' }, 'broken', 0],
    [{ kind: 'reset-after' }, 'broken', 1],
    [{ kind: 'truncated' }, BOOKED, 1],
    [{ kind: 'slow', ms: 20 }, BOOKED, 1],
    [{ kind: 'silent' }, 'none', 0],
    [{ kind: 'silent-after' }, 'none', 1],
  ] as const
).map(([fault, answer, made]) => ({
  switches: struck(fault),
  says: 'a booking',
  ask: fault.kind.startsWith('silent') ? asked.bookIntoSilence : asked.bookIntoFault,
  answer: { answer, made },
}));

export const faults: readonly Behaviour[] = [
  ...struckFaults,
  ...([403, 429] as const).map((status) => ({
    switches: { refusesAddress: status },
    says: 'a booking',
    ask: asked.bookIntoFault,
    answer: { answer: `${status} <!DOCTYPE html>`, made: 0 },
  })),
  { switches: struck({ kind: 'html' }, 0), says: 'a booking', ask: asked.book, answer: { bookState: 1 } },
];
