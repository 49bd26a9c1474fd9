import type { ListedBooking } from '../api-types.ts';
import { isBusy } from '../state/actions.ts';
import { cancelBooking } from '../state/booking.ts';
import { seen, zoneOf } from '../state/data.ts';
import { findName } from '../state/people.ts';
import { openCard } from '../state/screen.ts';
import { formatLongDay, formatShortDay, formatTime } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Button, Facts, Muted, Section } from './parts.tsx';

/** The member's bookings at AimHarder, whether they were made through this service or elsewhere. */
export function Bookings() {
  const { bookings, bookingsComplete } = seen.value;
  return (
    <Section title={t().bookings}>
      {!bookingsComplete && <Muted>{t().bookingsIncomplete}</Muted>}
      {bookings.length === 0 && <Muted>{t().nothingBooked}</Muted>}
      <ul class="cards">
        {bookings.map((booking) => (
          <BookingCard key={keyOf(booking)} booking={booking} />
        ))}
      </ul>
    </Section>
  );
}

const keyOf = ({ box, bookingId, startsAt, className }: ListedBooking): string =>
  `booking ${box} ${bookingId ?? `${startsAt} ${className}`}`;

function BookingCard({ booking }: { readonly booking: ListedBooking }) {
  const { className, day, box, startsAt, status, bookingId, familyId } = booking;
  const key = keyOf(booking);
  const isOpen = openCard.value === key;
  const text = status === 'booked' ? `✓ ${t().booked}` : t().waitlisted;
  const tone = status === 'booked' ? 'good' : 'wait';
  const cancelWith = (id: string, late: boolean) => () => {
    openCard.value = null;
    void cancelBooking(key, { box, bookingId: id, familyId, day }, late);
  };
  return (
    <li class="card">
      <div class="time">
        {formatTime(zoneOf(box), Date.parse(startsAt))}
        <small>{formatShortDay(day)}</small>
      </div>
      <div class="what">
        <h3 class="name">{className}</h3>
        <Facts facts={listFacts(booking)} />
      </div>
      <div class="action">
        <button
          type="button"
          class={`chip ${tone}`}
          aria-expanded={isOpen}
          aria-busy={isBusy(key)}
          aria-label={[`${text}: ${className}`, formatLongDay(day), findName(familyId)].filter(Boolean).join(', ')}
          onClick={() => {
            openCard.value = isOpen ? null : key;
          }}
        >
          {text}
        </button>
      </div>
      {isOpen && (
        <fieldset class="options row" aria-label={t().options(className)}>
          {bookingId === null ? (
            <Muted>{t().cancelElsewhere}</Muted>
          ) : (
            <Button disabled={isBusy(key)} onClick={cancelWith(bookingId, false)}>
              {status === 'booked' ? t().cancelBooking : t().leaveWaitlist}
            </Button>
          )}
        </fieldset>
      )}
      {bookingId !== null && (
        <ActionLine actionKey={key} confirm={{ label: t().cancelLate, run: cancelWith(bookingId, true) }} />
      )}
    </li>
  );
}

/** Lists for whom and how a class was booked, and its box if the member has several. */
function listFacts({ familyId, via, boxName }: ListedBooking): readonly (string | undefined)[] {
  const where = seen.value.boxes.length > 1 ? boxName : undefined;
  return [findName(familyId), t().via[via], where];
}
