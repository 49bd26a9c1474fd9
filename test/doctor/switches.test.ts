import { describe, expect, test } from 'vitest';
import type { SimulatorOptions, Switches } from '../../infra/simulator/simulator.ts';
import { DEFAULTS } from '../../infra/simulator/switches.ts';
import { examined } from '../support/doctor/examined.ts';

type Sign = {
  readonly thrown: SimulatorOptions;
  /** The facts that are found changed. */
  readonly changed?: readonly string[];
  /** The fact that tells it apart, and how that is put. */
  readonly fact: string;
  readonly found: RegExp;
};

const signs = (...all: readonly Sign[]): readonly Sign[] => all;
const gone = (tokenUpdate: Exclude<Switches['tokenUpdate'], 'present'>, found: RegExp): Sign => ({
  thrown: { tokenUpdate },
  changed: ['tokenUpdate'],
  fact: 'tokenUpdate',
  found,
});
const noList = (nextBookings: '404' | 'html', found: RegExp): Sign => ({
  thrown: { nextBookings },
  changed: ['next bookings', 'next bookings without a session'],
  fact: 'next bookings',
  found,
});
const date = (thrown: Switches['date'], found: RegExp): Sign => ({
  thrown: { date: thrown },
  changed: ['Date of answers'],
  fact: 'Date of answers',
  found,
});
const STILL = { jitterMedianMs: 0, jitterSigma: 0 };

/** How each switch is told apart by who books nothing; or why it cannot be. */
const SWITCHES: Readonly<
  Record<keyof Switches, readonly Sign[] | { readonly thrown: SimulatorOptions; readonly why: string }>
> = {
  seed: { thrown: { seed: 7 }, why: 'Which classes there are is no fact about AimHarder.' },
  generation: signs(
    {
      thrown: { generation: 2025 },
      changed: ['login', 'refusal', 'old form login'],
      fact: 'login',
      found: /no JSON login: status 404/,
    },
    { thrown: { generation: 'both' }, changed: ['old form login'], fact: 'old form login', found: /in force/ },
  ),
  formSuccess: { thrown: { formSuccess: 'redirect' }, why: 'No member’s password is sent to the form.' },
  loginTrap: signs(
    {
      thrown: { loginTrap: 'no-cookie' },
      changed: ['login'],
      fact: 'login',
      found: /authOK without the session cookie/,
    },
    { thrown: { loginTrap: 'cookie-only' }, changed: ['login'], fact: 'login', found: /cookie without authOK/ },
  ),
  cookieDomain: signs(
    { thrown: { cookieDomain: null }, changed: ['session cookie'], fact: 'session cookie', found: /for one host only/ },
    { thrown: { cookieDomain: '.aimharder.es' }, fact: 'session cookie', found: /for \.?aimharder\.es/ },
    {
      thrown: { cookieDomain: 'crossfit-demo.example' },
      changed: ['session cookie'],
      fact: 'session cookie',
      found: /for another domain/,
    },
  ),
  tokenUpdate: signs(
    gone('400', /gone: status 400 with JSON/),
    gone('error', /gone: status 200 with JSON/),
    gone('404', /gone: status 404/),
    gone('405', /gone: status 405/),
    gone('html', /gone: status 200 with a page/),
  ),
  nextBookings: signs(noList('404', /is gone: status 404/), noList('html', /is gone: status 200 with a page/), {
    thrown: { nextBookings: 'public' },
    changed: ['next bookings without a session'],
    fact: 'next bookings without a session',
    found: /not refused: status 200 with JSON/,
  }),
  tokenUpdateCookies: signs(
    { thrown: {}, fact: 'tokenUpdate', found: /new token, sets AWSALB, AWSALBCORS$/ },
    { thrown: { tokenUpdateCookies: 'all' }, fact: 'tokenUpdate', found: /sets amhrdrauth, PHPSESSID/ },
  ),
  oldTokenLifeMs: signs({
    thrown: { oldTokenLifeMs: 0 },
    changed: ['older token'],
    fact: 'older token',
    found: /refused/,
  }),
  typeDrift: signs({
    thrown: { typeDrift: true },
    changed: ['timetable: rows'],
    fact: 'timetable: rows',
    found: /ocupation is text, not number/,
  }),
  hiddenUntilOpen: signs({
    thrown: { hiddenUntilOpen: true },
    changed: ['classes ahead'],
    fact: 'classes ahead',
    found: /up to 3 days/,
  }),
  timetableLagMs: { thrown: { timetableLagMs: 2_000 }, why: 'Only a booking tells.' },
  rule: { thrown: { rule: { unit: 'hours', amount: 72 } }, why: 'Only a refused booking tells the rule.' },
  boxRules: {
    thrown: { boxRules: { 'crossfit-demo': { weekday: 7, time: '17:30' } } },
    why: 'Only a refused booking tells the rule.',
  },
  memberRules: {
    thrown: { memberRules: { 'demo@example.com': { unit: 'days', amount: 2 } } },
    why: 'Only a refused booking tells the rule.',
  },
  language: { thrown: { language: 'ca' }, why: 'Only refused bookings, and the lock, speak it.' },
  skewMs: signs(
    { thrown: { skewMs: 1_500 }, fact: 'clock', found: /^1[45]\d\d\.\d ms ahead of this machine’s, give or take/ },
    { thrown: { skewMs: -700 }, fact: 'clock', found: /^[67]\d\d\.\d ms behind/ },
  ),
  path: signs({
    thrown: { path: { inboundMs: 30, outboundMs: 40, ...STILL } },
    fact: 'round trip',
    found: /^(?:7|8|9)\d\.\d ms at best/,
  }),
  pathPerConnection: signs({
    thrown: { pathPerConnection: { minMs: 0, maxMs: 400 } },
    fact: 'routes',
    found: /differ by up to (?:[5-9]\d|\d{3})\.\d ms/,
  }),
  answerMs: signs({
    thrown: { answerMs: { min: 300, max: 300 } },
    fact: 'answer time',
    found: /^a timetable takes 3\d\d ms at best/,
  }),
  fileMs: {
    thrown: { fileMs: 5 },
    why: 'Over loopback, the time that a connection takes to open tells nothing of the path.',
  },
  keepAliveMs: signs(
    {
      thrown: { keepAliveMs: 1_000 },
      changed: ['idle connection'],
      fact: 'idle connection',
      found: /^closed after 1\.0 s$/,
    },
    { thrown: {}, fact: 'idle connection', found: /^kept for at least 3\.0 s$/ },
  ),
  idleAnswer: signs({
    thrown: { idleAnswer: true, keepAliveMs: 2_500 },
    fact: 'idle connection',
    found: /^closed after 2\.5 s$/,
  }),
  wrongPassword: signs(
    { thrown: { wrongPassword: '200' }, fact: 'refusal', found: /200 with authOK false/ },
    { thrown: { wrongPassword: '401' }, fact: 'refusal', found: /401/ },
  ),
  seatState: { thrown: { seatState: 0 }, why: 'Only a booking tells.' },
  waitState: { thrown: { waitState: 1 }, why: 'Only a booking tells.' },
  waitlistNeedsInsist: { thrown: { waitlistNeedsInsist: true }, why: 'Only a booking tells.' },
  competitors: {
    thrown: { competitors: { count: 30, fillMs: 100 } },
    why: 'Who else books is no fact about AimHarder.',
  },
  sessionIdleMs: { thrown: { sessionIdleMs: 3_600_000 }, why: 'It would take half an hour of waiting.' },
  keptAliveBy: { thrown: { keptAliveBy: 'tokenUpdate' }, why: 'It would take half an hour of waiting.' },
  sameFingerprintEndsFirst: signs({
    thrown: { sameFingerprintEndsFirst: true },
    changed: ['second login, same fingerprint'],
    fact: 'second login, same fingerprint',
    found: /ends/,
  }),
  logoutEnds: { thrown: { logoutEnds: 'all' }, why: 'It never logs out: that might end the member’s other sessions.' },
  date: signs(date('missing', /missing/), date('cached', /cache/), date('stale', /stands still/)),
  dateAheadMs: signs(
    {
      thrown: { dateAheadMs: 20_000 },
      changed: ['clock'],
      fact: 'clock',
      found: /^cannot be the clock that opens bookings; \d+\.\d ms ahead/,
    },
    { thrown: { dateAheadMs: -20_000 }, changed: ['clock'], fact: 'clock', found: /\d ms behind/ },
  ),
  servers: signs({
    thrown: { servers: [0, 5_000] },
    changed: ['clock'],
    fact: 'clock',
    found: /servers disagree/,
  }),
  gateBiasMs: { thrown: { gateBiasMs: 400 }, why: 'Only bookings meet the gate.' },
  sameHour: { thrown: { sameHour: 'overlap' }, why: 'Only a booking tells.' },
  dailyLimit: { thrown: { dailyLimit: 0 }, why: 'Only a refused booking tells.' },
  contractLimit: { thrown: { contractLimit: 0 }, why: 'Only a refused booking tells.' },
  unpaid: { thrown: { unpaid: true }, why: 'Only a refused booking tells.' },
  noCredit: { thrown: { noCredit: true }, why: 'Only a refused booking tells.' },
  outOfTariff: { thrown: { outOfTariff: ['WOD'] }, why: 'The timetable shows it, and it is the member’s own affair.' },
  closesBeforeMs: { thrown: { closesBeforeMs: 3_600_000 }, why: 'Days from tomorrow on are asked for.' },
  lateCancelMs: { thrown: { lateCancelMs: 0 }, why: 'It never cancels.' },
  lockAfter: {
    thrown: { lockAfter: 3 },
    why: 'Until a password was wrong too often; what it looks like then is below.',
  },
  members: { thrown: { members: ['ada.lovelace@example.com'] }, why: 'Who else is a member is none of its business.' },
  tooEarlyState: { thrown: { tooEarlyState: -4 }, why: 'Only a refused booking tells.' },
  refusesAddress: signs(
    {
      thrown: { refusesAddress: 403 },
      fact: 'login',
      found: /a proxy in front of it, refuses this address: status 403/,
    },
    { thrown: { refusesAddress: 429 }, fact: 'refusal', found: /refuses this address: status 429/ },
  ),
  faultRates: signs({
    thrown: { faultRates: [{ path: '/api/tokenUpdate', fault: { kind: 'status', status: 503 }, rate: 1 }] },
    fact: 'tokenUpdate',
    found: /status 503/,
  }),
};

const rows = Object.entries(SWITCHES).flatMap(([name, one]) =>
  'why' in one ? [] : one.map((sign): [string, Sign] => [`${name}: ${JSON.stringify(sign.thrown)}`, sign]),
);

test('every switch of the simulator is recognised, or listed with a reason', () => {
  expect(Object.keys(SWITCHES).toSorted()).toEqual(Object.keys(DEFAULTS).toSorted());
});

describe('recognises', () => {
  test.each(rows)('%s', async (_name, { thrown, changed = [], fact, found }) => {
    const examination = await examined(thrown, { probingMs: 'servers' in thrown ? 6_000 : 3_000 });

    expect(examination.changed.toSorted()).toEqual(changed.toSorted());
    expect(examination.alarm.facts.toSorted()).toEqual(changed.toSorted());
    expect(examination.of(fact)?.found).toMatch(found);
    const otherwise = examination.unknown.length > 0 ? 2 : 0;
    expect(examination.exit).toBe(changed.length > 0 ? 1 : otherwise);
    expect(examination.shots).toBe(0);
  });

  test('no route, if all routes answer alike', async () => {
    const { of } = await examined({});

    expect(of('routes')?.found).toMatch(/differ by up to 0\.0 ms/);
    expect(of('answer time')?.found).toMatch(/^a timetable takes 0 ms at best/);
  });
});

test('all unrecognisable switches together change nothing', async () => {
  const hidden = Object.values(SWITCHES).flatMap((one) => ('why' in one ? [one.thrown] : []));

  const { changed, unknown, exit, shots, alarm } = await examined(Object.assign({}, ...hidden));

  expect({ changed, unknown, exit, shots }).toEqual({ changed: [], unknown: [], exit: 0, shots: 0 });
  expect(alarm.reason).toBeUndefined();
});
