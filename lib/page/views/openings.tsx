import type { Prebooking } from '../api-types.ts';
import { book, cardKey } from '../state/booking.ts';
import { box as chosenBox, findBox, listedDay, seen, zoneOf } from '../state/data.ts';
import { findName } from '../state/people.ts';
import { isNearOpening } from '../state/watch-openings.ts';
import { formatCountdown, formatLongDay, formatMilliseconds, formatTime } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Button, useNow } from './parts.tsx';

/** The pre-bookings whose opening is near, or was just now. */
export function NearOpenings() {
  const now = useNow();
  const near = seen.value.prebookings.filter((prebooking) => isNearOpening(prebooking, now));
  return (
    <>
      {near.map((prebooking) => (
        <Opening key={prebooking.id} prebooking={prebooking} now={now} />
      ))}
    </>
  );
}

type OpeningProps = { readonly prebooking: Prebooking; readonly now: number };

/** A pre-booking near its opening: the class, a countdown on the clock of our service, three steps, and then the outcome. */
function Opening({ prebooking, now }: OpeningProps) {
  const { className, day, box, classStartsAt, opensAt, status, familyId } = prebooking;
  const person = findName(familyId);
  const zone = zoneOf(box);
  const opening = Date.parse(opensAt);
  const isEnded = status !== 'pending' && status !== 'firing';
  const boxName = seen.value.boxes.length > 1 ? findBox(box)?.name : undefined;
  return (
    <section class={`opening ${isEnded ? status : ''}`} aria-label={className}>
      <h2 class="name">{className}</h2>
      <p class="sub">
        {formatLongDay(day)} · {formatTime(zone, Date.parse(classStartsAt))}
      </p>
      {person && <p class="sub">{person}</p>}
      {boxName && <p class="sub">{boxName}</p>}
      {isEnded ? <Outcome prebooking={prebooking} /> : <Countdown leftMs={opening - now} />}
      {!isEnded && <p class="sub">{t().opensAtByAimHarder(formatTime(zone, opening, true))}</p>}
      {!isEnded && <p class="sub">{prebooking.atRisk ? t().atRisk : t().stillByBackground}</p>}
      {status === 'failed' ? <Waitlist prebooking={prebooking} /> : <Steps prebooking={prebooking} />}
    </section>
  );
}

function Countdown({ leftMs }: { readonly leftMs: number }) {
  return (
    <p class="count" role="timer" aria-label={t().opensIn}>
      {leftMs > 0 ? formatCountdown(leftMs) : t().opening}
    </p>
  );
}

/**
 * The steps of a pre-booking: ordered, committed, booked. If the result has a `latenessBoundMs`, which is the error of
 * AimHarder's clock as we know it, the second step shows that bound.
 */
function Steps({ prebooking: { status, result } }: { readonly prebooking: Prebooking }) {
  const isCommitted = status !== 'pending';
  const isBooked = status === 'booked';
  const bound = result?.latenessBoundMs;
  const step = (isDone: boolean, text: string) => (
    <li class={isDone ? 'finished' : ''}>
      {isDone ? '✓ ' : ''}
      {text}
    </li>
  );
  return (
    <ol class="steps">
      {step(true, t().stepOrdered)}
      {step(isCommitted, bound != null ? t().clockKnown(formatMilliseconds(bound)) : t().stepCommitted)}
      {step(isBooked, t().stepBooked)}
    </ol>
  );
}

/** The outcome of a pre-booking, in one sentence. */
function Outcome({ prebooking: { status, result } }: { readonly prebooking: Prebooking }) {
  if (!result) return null;
  const lateness = result.latenessMs;
  // If the place was there before (`already-booked`), the lateness says nothing about it.
  const showsLateness = status === 'booked' && result.outcome === 'booked' && lateness !== null;
  return (
    <div role="status">
      <p class="verdict">
        {showsLateness ? t().bookedAfter(formatMilliseconds(lateness)) : t().outcomes[result.outcome]}
      </p>
      {status === 'booked' && <p class="sub">{t().byBackground}</p>}
    </div>
  );
}

/** Offers the waitlist of a class that turned out full, if it has one, and only while its box and its person are the chosen ones. */
function Waitlist({ prebooking: { box, familyId, day, classId } }: { readonly prebooking: Prebooking }) {
  if (box !== chosenBox.value?.box || familyId !== seen.value.familyId) return null;
  const listed = listedDay(day)?.classes.find((candidate) => candidate.classId === classId);
  if (listed?.state !== 'full' || listed.waitlist === null) return null;
  return (
    <>
      <p class="sub">{t().joinWaitlistAsk(listed.waitlist)}</p>
      <Button tone="offer" onClick={() => void book(listed)}>
        {t().waitlist}
      </Button>
      <ActionLine actionKey={cardKey(listed)} />
    </>
  );
}
