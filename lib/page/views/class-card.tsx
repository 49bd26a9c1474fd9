import type { Class } from '../api-types.ts';
import { isBusy } from '../state/actions.ts';
import {
  book,
  bookEveryWeek,
  bookingOf,
  cancelBooking,
  cancelPrebooking,
  cardKey,
  describeSeats,
  prebook,
  prebookingOf,
} from '../state/booking.ts';
import { zone } from '../state/data.ts';
import { openCard } from '../state/screen.ts';
import { serverNow } from '../state/server-clock.ts';
import { formatLongWeekday, formatWhen } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Button, Facts } from './parts.tsx';

type ClassProps = { readonly listed: Class };

/** A class: its time, its name and facts, and on the right the one action that is possible now. */
export function ClassCard({ listed }: ClassProps) {
  const key = cardKey(listed);
  const start = Date.parse(listed.startsAt);
  const isPast = start <= serverNow();
  const isCancelled = listed.state === 'cancelled';
  const lengthMinutes = Math.round((Date.parse(listed.endsAt) - start) / 60_000);
  const booking = bookingOf(listed);
  // The service refuses a late cancellation, which loses the credit, until the member confirms it.
  const confirm = booking && { label: t().cancelLate, run: () => void cancelBooking(key, booking, true) };
  return (
    <li
      class={`card ${isCancelled || isPast ? 'gone' : ''} ${isCancelled ? 'struck' : ''}`}
      data-class={listed.classId}
    >
      <div class="time">
        {listed.startsLocal}
        <small>{t().minutes(lengthMinutes)}</small>
      </div>
      <div class="what">
        <h3 class="name">{listed.name}</h3>
        <Facts facts={listFacts(listed, isPast)} />
        <Seats listed={listed} />
      </div>
      <div class="action">{isPast || isCancelled ? null : <ClassAction listed={listed} />}</div>
      {openCard.value === key && <Options listed={listed} />}
      <ActionLine actionKey={key} confirm={confirm} />
    </li>
  );
}

/** Lists the coach of a class, and what the member should know: its state, its opening, its routine or its free seats. */
function listFacts(listed: Class, isPast: boolean): readonly (string | null)[] {
  const { coach, state, routineId, day, opensAt } = listed;
  const opening = prebookingOf(listed)?.opensAt ?? opensAt;
  if (state === 'cancelled') return [t().cancelledByBox];
  if (isPast) return [coach, t().over];
  if (state === 'closed') return [coach, t().closed];
  const weekly = routineId === null ? null : t().everyWeekday(formatLongWeekday(day));
  if (opening !== null && Date.parse(opening) > serverNow())
    return [coach, t().opens(formatWhen(Date.parse(opening), zone.value, serverNow())), weekly];
  if (weekly !== null) return [coach, weekly];
  if (state === 'booked' || state === 'waitlisted') return [coach];
  return [coach, ...describeSeats(listed)];
}

/** How full a class is, as a bar. Screen readers skip the bar, because the text beside it says the same. */
function Seats({ listed }: ClassProps) {
  const { capacity, booked, state } = listed;
  const isOrdered = prebookingOf(listed) !== undefined;
  if (capacity === null || capacity === 0 || isOrdered || !['bookable', 'full'].includes(state)) return null;
  return (
    <div class="seats" aria-hidden="true">
      <i style={{ width: `${Math.min(100, Math.round((booked / capacity) * 100))}%` }} />
    </div>
  );
}

function ClassAction({ listed }: ClassProps) {
  const { state, waitlist } = listed;
  const prebooking = prebookingOf(listed);
  if (state === 'booked') return <Chip listed={listed} tone="good" text={`✓ ${t().booked}`} />;
  if (state === 'waitlisted') return <Chip listed={listed} tone="wait" text={t().waitlisted} />;
  if (prebooking)
    return <Chip listed={listed} tone="wait" text={prebooking.status === 'firing' ? t().committed : t().prebooked} />;
  if (state === 'bookable') return <Offer listed={listed} text={t().book} run={book} />;
  if (state === 'not-open') return <Offer listed={listed} text={t().prebook} run={prebook} />;
  if (state === 'full' && waitlist !== null) return <Offer listed={listed} text={t().waitlist} run={book} />;
  return null;
}

type OfferProps = ClassProps & { readonly text: string; readonly run: (listed: Class) => Promise<void> };

const Offer = ({ listed, text, run }: OfferProps) => (
  <Button
    tone="offer"
    disabled={isBusy(cardKey(listed))}
    onClick={() => void run(listed)}
    label={labelFor(text, listed)}
  >
    {text}
  </Button>
);

/** Names an action for a screen reader, which may read it without the card around it. */
const labelFor = (action: string, { name, startsLocal }: Class): string => `${action}: ${name}, ${startsLocal}`;

type ChipProps = ClassProps & { readonly tone: 'good' | 'wait'; readonly text: string };

/** A button that shows the state of a class that the member has booked or pre-booked, and opens the card's options. */
function Chip({ listed, tone, text }: ChipProps) {
  const key = cardKey(listed);
  const isOpen = openCard.value === key;
  return (
    <button
      type="button"
      class={`chip ${tone}`}
      aria-expanded={isOpen}
      aria-busy={isBusy(key)}
      aria-label={labelFor(text, listed)}
      onClick={() => {
        openCard.value = isOpen ? null : key;
      }}
    >
      {text}
    </button>
  );
}

/** The further actions for a class that the member has booked or pre-booked. */
function Options({ listed }: ClassProps) {
  const { day, startsLocal, routineId, name } = listed;
  const key = cardKey(listed);
  const prebooking = prebookingOf(listed);
  const booking = bookingOf(listed);
  const isDisabled = isBusy(key);
  const closeAndRun = (run: () => Promise<void>) => () => {
    openCard.value = null;
    void run();
  };
  const repeatWeekly = () => bookEveryWeek(listed, t().everyWeekDone(formatLongWeekday(day), startsLocal));
  return (
    <fieldset class="options row" aria-label={t().options(name)}>
      {prebooking && (
        <p class={`ask ${prebooking.atRisk ? 'warn' : ''}`}>{prebooking.atRisk ? t().atRisk : t().stillByBackground}</p>
      )}
      {routineId === null && (
        <>
          <span class="ask">{t().everyWeekAsk(formatLongWeekday(day), startsLocal)}</span>
          <Button tone="offer" disabled={isDisabled} onClick={closeAndRun(repeatWeekly)}>
            {t().everyWeek}
          </Button>
        </>
      )}
      {prebooking && (
        <Button disabled={isDisabled} onClick={closeAndRun(() => cancelPrebooking(key, prebooking))}>
          {t().cancelPrebooking}
        </Button>
      )}
      {!prebooking && booking && (
        <Button disabled={isDisabled} onClick={closeAndRun(() => cancelBooking(key, booking, false))}>
          {listed.state === 'waitlisted' ? t().leaveWaitlist : t().cancelBooking}
        </Button>
      )}
    </fieldset>
  );
}
