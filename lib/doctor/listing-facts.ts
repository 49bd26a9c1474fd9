import { decodeListing } from '../aimharder/listing.ts';
import type { Box } from '../aimharder/login.ts';
import type { Origins } from '../aimharder/origins.ts';
import { type AimHarderSession, listingRequest } from '../aimharder/requests.ts';
import { DAY, type Instant } from '../platform/clock.ts';
import { type Ask, type DoctorAnswer, describeForm, isOutage, REFUSABLE, redactName, toFields } from './ask.ts';
import { defineFact, type Finding } from './finding.ts';

export const LISTING_FACTS = {
  read: defineFact(
    'timetable',
    'Classes cannot be listed, and no lost answer can be read back. See lib/aimharder/listing.ts.',
  ),
  envelope: defineFact('timetable: envelope', 'Check whether lib/aimharder/listing.ts still reads all that it needs.'),
  rows: defineFact('timetable: rows', 'Check whether lib/aimharder/listing.ts still reads all that it needs.'),
  open: defineFact(
    'timetable without a session',
    'If AimHarder refuses the timetable without a session, a refused timetable may be a cheap sign of a dead session.',
  ),
  answer: defineFact(
    'answer time',
    'Nothing changes for this service. The time only shows how long AimHarder works on a request.',
  ),
  ahead: defineFact('classes ahead', 'Classes are hidden until they open: the slot id is found at the opening.'),
};

/** The days to read, counted from today. A box may hide classes that are not open yet, or may not have planned them. */
const DAYS_AHEAD = [1, 2, 3, 7, 14];

type Kind = 'number' | 'text' | 'null' | 'list' | 'object' | 'yes-or-no';

/** The fields of a timetable, with their original kinds of values (lib/aimharder/README.md, "Envelope"). */
const ENVELOPE_FIELDS: Readonly<Record<string, readonly Kind[]>> = {
  clasesDisp: ['text'],
  timetable: ['list'],
  day: ['text'],
  bookings: ['list'],
  seminars: ['list'],
  resmsgs: ['list'],
};

/** The fields of a row (lib/aimharder/README.md, "Rows"). */
const ROW_FIELDS: Readonly<Record<string, readonly Kind[]>> = {
  id: ['number'],
  zoomid: ['text', 'null'],
  zoomJoinUrl: ['text', 'null'],
  zoomJoinPw: ['text', 'null'],
  onlineclass: ['number'],
  idres: ['number', 'null'],
  spotres: ['text', 'null'],
  time: ['text'],
  timeid: ['text'],
  classId: ['number'],
  className: ['text'],
  classDesc: ['text'],
  boxName: ['text'],
  boxDir: ['text'],
  boxPic: ['text', 'null'],
  coachName: ['text', 'null'],
  coachPic: ['text', 'null'],
  enabled: ['number'],
  bookState: ['number', 'null'],
  limit: ['text', 'number'],
  limitc: ['number'],
  ocupation: ['number'],
  checkAthletesNum: ['number'],
  waitlist: ['number'],
  cancelledId: ['number', 'null'],
  color: ['text'],
  classLength: ['number'],
  resadmin: ['number'],
  included: ['number'],
};

/** Other kinds that fields have had later (lib/aimharder/README.md, "Types drift"). This service accepts them too. */
const KNOWN_DRIFTS: Readonly<Record<string, readonly (Kind | 'missing')[]>> = {
  resmsgs: ['missing'],
  id: ['text'],
  limitc: ['text'],
  cancelledId: ['text'],
  hidden: ['missing', 'number', 'text', 'null', 'yes-or-no'],
};

/** Reads the timetables of one of the member's boxes, and compares them with what this service expects. */
export async function checkTimetables(
  ask: Ask,
  origins: Origins,
  session: AimHarderSession,
  { box, boxId }: Box,
  now: Instant,
): Promise<readonly Finding[]> {
  const days = DAYS_AHEAD.map((ahead) => ({ ahead, day: new Date(now + ahead * DAY).toISOString().slice(0, 10) }));
  const readings: { readonly ahead: number; readonly day: string; readonly answer: DoctorAnswer }[] = [];
  for (const { ahead, day } of days)
    readings.push({ ahead, day, answer: await ask(listingRequest(origins, session, { box, boxId, day })) });
  const answers = readings.map(({ answer }) => answer);
  const withClasses = readings.filter(({ answer }) => rowsOf(answer).length > 0);
  const [first] = withClasses;
  if (!first) return [noClassesFinding(answers)];
  const withoutSession = await ask(listingRequest(origins, undefined, { box, boxId, day: first.day }), REFUSABLE);
  const rows = answers.flatMap(rowsOf);
  return [
    readFinding(answers),
    driftFinding(LISTING_FACTS.envelope, [bodyOf(first.answer)], ENVELOPE_FIELDS),
    driftFinding(LISTING_FACTS.rows, rows.map(toFields), ROW_FIELDS),
    openFinding(withoutSession),
    answerTimeFinding(answers),
    aheadFinding(withClasses.map(({ ahead }) => ahead)),
  ];
}

const bodyOf = (answer: DoctorAnswer) => ('failed' in answer ? {} : toFields(answer.json));

function rowsOf(answer: DoctorAnswer): readonly unknown[] {
  const { bookings } = bodyOf(answer);
  return Array.isArray(bookings) ? bookings : [];
}

/** Finds why no answer holds a class: an answer that is no timetable, or a box without classes. */
function noClassesFinding(answers: readonly DoctorAnswer[]): Finding {
  const noTimetable = answers.find((answer) => !Array.isArray(bodyOf(answer)['bookings']));
  if (!noTimetable) return LISTING_FACTS.read.unknown('no classes within two weeks');
  const form = describeForm(noTimetable);
  return isOutage(noTimetable) ? LISTING_FACTS.read.unknown(form) : LISTING_FACTS.read.changed(form);
}

/** Checks whether this service reads every row that AimHarder sent. */
function readFinding(answers: readonly DoctorAnswer[]): Finding {
  const sent = answers.reduce((sum, answer) => sum + rowsOf(answer).length, 0);
  const read = answers.reduce((sum, answer) => {
    const classes = 'failed' in answer ? undefined : decodeListing(answer.body);
    return sum + (classes === 'logged-out' ? 0 : (classes?.length ?? 0));
  }, 0);
  const found = `${read} of ${sent} classes are read`;
  return read === sent ? LISTING_FACTS.read.ok(found) : LISTING_FACTS.read.changed(found);
}

/** Compares the fields of objects with the known ones. The finding names new, missing and changed fields, but no value. */
function driftFinding(
  about: ReturnType<typeof defineFact>,
  objects: readonly Readonly<Record<string, unknown>>[],
  known: Readonly<Record<string, readonly Kind[]>>,
): Finding {
  const names = new Set([...Object.keys(known), ...objects.flatMap((object) => Object.keys(object))]);
  const drifts = [...names].sort().flatMap((name) => {
    const kinds = objects.map((object) => (Object.hasOwn(object, name) ? kindOf(object[name]) : 'missing'));
    const found = [...new Set(kinds)];
    // A new field has no expected kinds, so each of its kinds is unexpected.
    const expected = known[name];
    const unexpected = found.filter((kind) => kind === 'missing' || !expected?.includes(kind));
    const isKnown = unexpected.every((kind) => KNOWN_DRIFTS[name]?.includes(kind));
    if (!expected)
      return [{ isKnown, text: `${redactName(name)} is new (${unexpected.filter(isPresent).join(' or ')})` }];
    return unexpected.length > 0
      ? [{ isKnown, text: `${name} is ${unexpected.join(' or ')}, not ${expected.join(' or ')}` }]
      : [];
  });
  const newDrifts = drifts.filter(({ isKnown }) => !isKnown);
  if (newDrifts.length > 0) return about.changed(newDrifts.map(({ text }) => text).join('; '));
  if (drifts.length === 0) return about.ok('as it was');
  return about.ok(`as it has been seen before: ${drifts.map(({ text }) => text).join('; ')}`);
}

const isPresent = (kind: Kind | 'missing'): boolean => kind !== 'missing';

/** Returns the kind of a JSON value. */
function kindOf(value: unknown): Kind {
  if (value === null) return 'null';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'yes-or-no';
  return Array.isArray(value) ? 'list' : 'object';
}

function openFinding(answer: DoctorAnswer): Finding {
  if (isOutage(answer)) return LISTING_FACTS.open.unknown(describeForm(answer));
  return rowsOf(answer).length > 0
    ? LISTING_FACTS.open.ok('is shown to anybody')
    : LISTING_FACTS.open.changed(describeForm(answer));
}

function answerTimeFinding(answers: readonly DoctorAnswer[]): Finding {
  const durations = answers
    .flatMap((answer) => ('failed' in answer ? [] : [answer.answeredAt - answer.sentAt]))
    .sort((first, second) => first - second);
  const text = (millis: number | undefined) => `${(millis ?? Number.NaN).toFixed(0)} ms`;
  return LISTING_FACTS.answer.ok(
    `a timetable takes ${text(durations[0])} at best, ${text(durations.at(-1))} at worst, the round trip included`,
  );
}

/**
 * The longest opening rule that boxes are known to have, in days (lib/aimharder/README.md, "Openings"). A box that lists its
 * classes so far ahead does not hide them until they open.
 */
const LISTED_AHEAD = 7;

function aheadFinding(ahead: readonly number[]): Finding {
  const furthest = Math.max(...ahead);
  const found = `classes are listed up to ${furthest} days ahead, of 14 asked for`;
  return furthest >= LISTED_AHEAD ? LISTING_FACTS.ahead.ok(found) : LISTING_FACTS.ahead.changed(found);
}
