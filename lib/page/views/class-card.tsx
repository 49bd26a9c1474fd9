import { actionState, settle } from '../state/actions.ts';
import {
  book,
  bookEveryWeek,
  cancelBooking,
  cancelPrebooking,
  cardKey,
  type DatedClass,
  describeSeats,
  prebookingOf,
  routineOf,
} from '../state/booking.ts';
import { zone } from '../state/data.ts';
import { openCard } from '../state/screen.ts';
import { serverNow } from '../state/server-clock.ts';
import { dayIn, longWeekday, plusDays, shortDay, timeIn } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Button } from './parts.tsx';

/** Says when something happens: "hoy a las 18:00", "mar 1 dic a las 18:00". */
export function sayWhen(instant: number, inZone: string): string {
  const day = dayIn(inZone, instant);
  const current = dayIn(inZone, serverNow());
  const time = timeIn(inZone, instant);
  if (day === current) return t().at(t().today, time);
  return t().at(day === plusDays(current, 1) ? t().tomorrow : shortDay(day), time);
}

/** A class: when, what, and on the right the one action that makes sense now. */
export function ClassCard({ dated }: { readonly dated: DatedClass }) {
  const { class: listed } = dated;
  const key = cardKey(dated);
  const start = Date.parse(listed.startsAt);
  const isPast = start <= serverNow();
  const isGone = listed.state === 'cancelled';
  const minutes = Math.round((Date.parse(listed.endsAt) - start) / 60_000);
  const isOpen = openCard.value === key;
  return (
    <li class={`card ${isGone || isPast ? 'gone' : ''} ${isGone ? 'struck' : ''}`} data-class={listed.classId}>
      <div class="time">
        {timeIn(zone.value, start)}
        <small>{t().minutes(minutes)}</small>
      </div>
      <div class="what">
        <h3 class="name">{listed.name}</h3>
        <p class="sub">{describe(dated, isPast)}</p>
        <Seats dated={dated} />
      </div>
      <div class="action">{isPast || isGone ? null : <TheAction dated={dated} />}</div>
      {isOpen && <Options dated={dated} />}
      <ActionLine
        of={key}
        confirm={{ label: t().cancelLate, run: () => void settleAnd(key, () => cancelBooking(dated, true)) }}
      />
    </li>
  );
}

function settleAnd(key: string, run: () => Promise<void>): Promise<void> {
  settle(key);
  return run();
}

function describe(dated: DatedClass, isPast: boolean): string {
  const { class: listed, day } = dated;
  const { coach, state } = listed;
  const prebooking = prebookingOf(dated);
  const facts = () => {
    if (state === 'cancelled') return [t().cancelledByBox];
    if (isPast) return [coach, t().over];
    if (state === 'closed') return [coach, t().closed];
    if (prebooking) return [coach, t().opens(sayWhen(Date.parse(prebooking.opensAt), zone.value))];
    if (routineOf(dated)) return [coach, t().everyWeekday(longWeekday(day))];
    return [coach, describeSeats(listed)];
  };
  return facts()
    .filter((fact) => fact)
    .join(' · ');
}

/** How full a class is, as a bar. The text beside it says the same. */
function Seats({ dated: { class: listed } }: { readonly dated: DatedClass }) {
  const { capacity, booked, state } = listed;
  if (capacity === null || capacity === 0 || !['bookable', 'full'].includes(state)) return null;
  return (
    <div class="seats" aria-hidden="true">
      <i style={{ width: `${Math.min(100, Math.round((booked / capacity) * 100))}%` }} />
    </div>
  );
}

function TheAction({ dated }: { readonly dated: DatedClass }) {
  const key = cardKey(dated);
  const { state } = dated.class;
  const prebooking = prebookingOf(dated);
  const busy = actionState(key)?.kind === 'running';
  if (state === 'booked') return <Chip dated={dated} tone="good" text={`✓ ${t().booked}`} />;
  if (state === 'waitlisted') return <Chip dated={dated} tone="wait" text={t().waitlisted} />;
  if (prebooking?.status === 'firing') return <Chip dated={dated} tone="wait" text={t().committed} />;
  if (prebooking) return <Chip dated={dated} tone="wait" text={t().prebooked} />;
  if (state === 'bookable')
    return (
      <Button tone="offer" disabled={busy} onClick={() => void book(dated)} label={labelFor(t().book, dated)}>
        {t().book}
      </Button>
    );
  if (state === 'full' && dated.class.waitlist !== null)
    return (
      <Button disabled={busy} onClick={() => void book(dated)} label={labelFor(t().waitlist, dated)}>
        {t().waitlist}
      </Button>
    );
  return null;
}

/** Names an action for a screen reader, which meets it without the card around it. */
const labelFor = (action: string, { class: { name, startsAt } }: DatedClass): string =>
  `${action}: ${name}, ${timeIn(zone.value, Date.parse(startsAt))}`;

type ChipProps = { readonly dated: DatedClass; readonly tone: 'good' | 'wait'; readonly text: string };

/** The state of a class that the member has; it opens the card's options. */
function Chip({ dated, tone, text }: ChipProps) {
  const key = cardKey(dated);
  const isOpen = openCard.value === key;
  const toggle = () => {
    openCard.value = isOpen ? null : key;
  };
  return (
    <button
      type="button"
      class={`chip ${tone}`}
      aria-expanded={isOpen}
      aria-label={labelFor(text, dated)}
      onClick={toggle}
    >
      {text}
    </button>
  );
}

/** What else can be done with a class that the member has. */
function Options({ dated }: { readonly dated: DatedClass }) {
  const prebooking = prebookingOf(dated);
  const key = cardKey(dated);
  const done = (run: () => Promise<void>) => () => {
    openCard.value = null;
    void run();
  };
  const cancel = () => (prebooking ? cancelPrebooking(key, prebooking) : cancelBooking(dated, false));
  const time = timeIn(zone.value, Date.parse(dated.class.startsAt));
  const weekly = () => bookEveryWeek(dated, t().everyWeekDone(longWeekday(dated.day), time));
  return (
    <fieldset class="options row" aria-label={t().options(dated.class.name)}>
      {!routineOf(dated) && (
        <>
          <span class="ask">{t().everyWeekAsk(longWeekday(dated.day), time)}</span>
          <Button onClick={done(weekly)}>{t().everyWeek}</Button>
        </>
      )}
      <Button tone="plain" onClick={done(cancel)}>
        {t().cancel}
      </Button>
    </fieldset>
  );
}
