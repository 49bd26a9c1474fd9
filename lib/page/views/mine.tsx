import type { Prebooking } from '../api-types.ts';
import { isBusy } from '../state/actions.ts';
import { cancelPrebooking } from '../state/booking.ts';
import { findBox, isUnfinished, seen, zoneOf } from '../state/data.ts';
import { findName } from '../state/people.ts';
import { serverNow } from '../state/server-clock.ts';
import {
  formatCountdown,
  formatLongDay,
  formatMilliseconds,
  formatShortDay,
  formatTime,
  formatWhen,
} from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { Bookings } from './bookings.tsx';
import { ActionLine } from './failed.tsx';
import { Button, Facts, Muted, Section, useNow } from './parts.tsx';
import { Pauses, Routines } from './routines.tsx';

/** In milliseconds. */
const DAY = 86_400_000;

/** The member's bookings, pre-bookings, routines and pauses, and the pre-bookings that have ended with a result. */
export function Mine() {
  const { prebookings } = seen.value;
  const pending = prebookings
    .filter(isUnfinished)
    .toSorted((one, other) => Date.parse(one.opensAt) - Date.parse(other.opensAt));
  const ended = prebookings.filter(({ status }) => !['pending', 'firing', 'cancelled'].includes(status));
  return (
    <>
      <Bookings />
      <Section title={t().prebookings}>
        {pending.length === 0 && <Muted>{t().noPrebookings}</Muted>}
        <ul class="cards">
          {pending.map((prebooking) => (
            <PendingCard key={prebooking.id} prebooking={prebooking} />
          ))}
        </ul>
      </Section>
      <Routines />
      <Pauses />
      {ended.length > 0 && (
        <Section title={t().finished}>
          <ul class="cards">
            {ended.map((prebooking) => (
              <EndedCard key={prebooking.id} prebooking={prebooking} />
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function PendingCard({ prebooking }: { readonly prebooking: Prebooking }) {
  const key = `prebooking ${prebooking.id}`;
  const { box, className, opensAt, atRisk, day, classStartsAt, familyId } = prebooking;
  const person = findName(familyId);
  const where = seen.value.boxes.length > 1 ? findBox(box)?.name : undefined;
  return (
    <li class="card">
      <div class="time">
        {formatTime(zoneOf(box), Date.parse(classStartsAt))}
        <small>{formatShortDay(day)}</small>
      </div>
      <div class="what">
        <h3 class="name">{className}</h3>
        <Facts facts={[person, t().opens(formatWhen(Date.parse(opensAt), zoneOf(box), serverNow())), where]} />
        <TimeLeft opensAt={Date.parse(opensAt)} />
        {atRisk && <p class="sub warn">{t().atRisk}</p>}
      </div>
      <div class="action">
        <Button
          disabled={isBusy(key)}
          label={[`${t().cancel}: ${className}`, formatLongDay(day), person].filter(Boolean).join(', ')}
          onClick={() => void cancelPrebooking(key, prebooking)}
        >
          {t().cancel}
        </Button>
      </div>
      <ActionLine actionKey={key} />
    </li>
  );
}

/** Counts down to an opening that is less than a day away. */
function TimeLeft({ opensAt }: { readonly opensAt: number }) {
  const left = opensAt - useNow();
  return left > 0 && left < DAY ? <p class="left">{formatCountdown(left)}</p> : null;
}

function EndedCard({ prebooking }: { readonly prebooking: Prebooking }) {
  const { box, className, day, classStartsAt, status, result, promotedAt, familyId } = prebooking;
  const isBooked = status === 'booked';
  const lateness = result?.latenessMs;
  const facts = [
    findName(familyId),
    result && !isBooked ? t().outcomes[result.outcome] : undefined,
    isBooked && promotedAt === null && lateness != null ? t().latenessOf(formatMilliseconds(lateness)) : undefined,
    promotedAt === null ? undefined : t().fromWaitlist,
  ];
  return (
    <li class="card">
      <div class="time">
        {formatTime(zoneOf(box), Date.parse(classStartsAt))}
        <small>{formatShortDay(day)}</small>
      </div>
      <div class="what">
        <h3 class="name">{className}</h3>
        <Facts facts={facts} />
      </div>
      <div class="action">
        {isBooked && <span class="chip good">✓ {t().booked}</span>}
        {status === 'waitlisted' && <span class="chip wait">{t().waitlisted}</span>}
      </div>
    </li>
  );
}
