import { decodeListing } from '../../../lib/aimharder/listing.ts';
import type { Box } from '../../../lib/aimharder/login.ts';
import type { Origins } from '../../../lib/aimharder/origins.ts';
import { type AimHarderSession, listingRequest } from '../../../lib/aimharder/requests.ts';
import { DAY, type Instant } from '../../../lib/platform/clock.ts';
import { type Ask, type DoctorAnswer, describeForm, isOutage, redactName, toFields } from './ask.ts';
import { type Finding, fact } from './finding.ts';

const FACTS = {
  read: fact(
    'timetable',
    'Classes cannot be listed, and no lost answer can be read back. See lib/aimharder/listing.ts.',
  ),
  envelope: fact('timetable: envelope', 'Check whether lib/aimharder/listing.ts still reads all that it needs.'),
  rows: fact('timetable: rows', 'Check whether lib/aimharder/listing.ts still reads all that it needs.'),
  open: fact('timetable without a session', 'A timetable that is refused may be a cheap sign of a dead session.'),
  answer: fact('answer time', 'Nothing: it only says how long AimHarder works on what it is asked.'),
  ahead: fact('classes ahead', 'Classes are hidden until they open: the slot id is found at the opening.'),
};

/** The days to read, counted from today. A box may hide classes that are not open yet, or may not have planned them. */
const DAYS = [1, 2, 3, 7, 14];

type Kind = 'number' | 'text' | 'null' | 'list' | 'yes-or-no';

/** The fields of a timetable, each with the kinds it was first seen with (lib/aimharder/README.md, "Envelope"). */
const ENVELOPE: Readonly<Record<string, readonly Kind[]>> = {
  clasesDisp: ['text'],
  timetable: ['list'],
  day: ['text'],
  bookings: ['list'],
  seminars: ['list'],
  resmsgs: ['list'],
};

/** The fields of a row (lib/aimharder/README.md, "Rows"). */
const ROW: Readonly<Record<string, readonly Kind[]>> = {
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

/** The kinds that fields were seen with later (lib/aimharder/README.md, "Types drift"). This service reads both. */
const DRIFTED: Readonly<Record<string, readonly (Kind | 'missing')[]>> = {
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
  const days = DAYS.map((ahead) => ({ ahead, day: new Date(now + ahead * DAY).toISOString().slice(0, 10) }));
  const seen: { readonly ahead: number; readonly day: string; readonly asked: DoctorAnswer }[] = [];
  for (const { ahead, day } of days)
    seen.push({ ahead, day, asked: await ask(listingRequest(origins, session, { box, boxId, day })) });
  const full = seen.find(({ asked }) => rowsIn(asked).length > 0);
  if (!full) return [notRead(seen.map(({ asked }) => asked))];
  const stranger = await ask(listingRequest(origins, undefined, { box, boxId, day: full.day }));
  const rows = seen.flatMap(({ asked }) => rowsIn(asked));
  return [
    readFinding(seen.map(({ asked }) => asked)),
    driftFinding(FACTS.envelope, [bodyOf(full.asked)], ENVELOPE),
    driftFinding(FACTS.rows, rows.map(toFields), ROW),
    strangerFinding(stranger),
    answerFinding(seen.map(({ asked }) => asked)),
    aheadFinding(seen.filter(({ asked }) => rowsIn(asked).length > 0).map(({ ahead }) => ahead)),
  ];
}

const bodyOf = (asked: DoctorAnswer) => ('failed' in asked ? {} : toFields(asked.json));

function rowsIn(asked: DoctorAnswer): readonly unknown[] {
  const { bookings } = bodyOf(asked);
  return Array.isArray(bookings) ? bookings : [];
}

function notRead(all: readonly DoctorAnswer[]): Finding {
  const [odd] = all.filter((asked) => !Array.isArray(bodyOf(asked)['bookings']));
  if (!odd) return FACTS.read.unknown('no classes within two weeks');
  return isOutage(odd) ? FACTS.read.unknown(describeForm(odd)) : FACTS.read.changed(describeForm(odd));
}

/** Finds whether this service reads every row that AimHarder sent. */
function readFinding(all: readonly DoctorAnswer[]): Finding {
  const sent = all.reduce((sum, asked) => sum + rowsIn(asked).length, 0);
  const read = all.reduce((sum, asked) => {
    const classes = 'failed' in asked ? undefined : decodeListing(asked.body);
    return sum + (classes === 'logged-out' ? 0 : (classes?.length ?? 0));
  }, 0);
  const found = `${read} of ${sent} classes are read`;
  return read === sent ? FACTS.read.ok(found) : FACTS.read.changed(found);
}

/** Names the fields that are new, missing, or of another kind; never their values. */
function driftFinding(
  about: ReturnType<typeof fact>,
  objects: readonly Readonly<Record<string, unknown>>[],
  known: Readonly<Record<string, readonly Kind[]>>,
): Finding {
  const names = new Set([...Object.keys(known), ...objects.flatMap((one) => Object.keys(one))]);
  const drifts = [...names].sort().flatMap((name) => {
    const kinds = [...new Set(objects.map((one) => (Object.hasOwn(one, name) ? kindOf(one[name]) : 'missing')))];
    const expected = known[name];
    const others = kinds.filter((kind) => kind === 'missing' || !expected?.includes(kind));
    const isKnown = others.every((kind) => DRIFTED[name]?.includes(kind));
    if (!expected) return [{ isKnown, text: `${redactName(name)} is new (${others.filter(isPresent).join(' or ')})` }];
    return others.length > 0
      ? [{ isKnown, text: `${name} is ${others.join(' or ')}, not ${expected.join(' or ')}` }]
      : [];
  });
  const news = drifts.filter(({ isKnown }) => !isKnown);
  if (news.length > 0) return about.changed(news.map(({ text }) => text).join('; '));
  if (drifts.length === 0) return about.ok('as it was');
  return about.ok(`as it has been seen before: ${drifts.map(({ text }) => text).join('; ')}`);
}

const isPresent = (kind: Kind | 'missing'): boolean => kind !== 'missing';

function kindOf(value: unknown): Kind {
  if (value === null) return 'null';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'string') return 'text';
  return typeof value === 'boolean' ? 'yes-or-no' : 'list';
}

function strangerFinding(asked: DoctorAnswer): Finding {
  if (isOutage(asked)) return FACTS.open.unknown(describeForm(asked));
  return rowsIn(asked).length > 0 ? FACTS.open.ok('is shown to anybody') : FACTS.open.changed(describeForm(asked));
}

function answerFinding(all: readonly DoctorAnswer[]): Finding {
  const taken = all
    .flatMap((asked) => ('failed' in asked ? [] : [asked.answeredAt - asked.sentAt]))
    .sort((a, b) => a - b);
  const text = (millis: number | undefined) => `${(millis ?? Number.NaN).toFixed(0)} ms`;
  return FACTS.answer.ok(
    `a timetable takes ${text(taken[0])} at best, ${text(taken.at(-1))} at worst, the way included`,
  );
}

function aheadFinding(ahead: readonly number[]): Finding {
  const furthest = Math.max(...ahead);
  const found = `classes are listed up to ${furthest} days ahead, of 14 asked for`;
  return furthest >= 7 ? FACTS.ahead.ok(found) : FACTS.ahead.changed(found);
}
