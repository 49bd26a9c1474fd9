import { useEffect, useRef } from 'preact/hooks';
import type { Class } from '../api-types.ts';
import { cardKey, prebookingOf } from '../state/booking.ts';
import { isAhead, isMine, listedDay, loadFailure, shownDay, shownDays } from '../state/data.ts';
import { chosenDay, isWide } from '../state/screen.ts';
import { dayNumber, longDay, shortWeekday } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { ClassCard } from './class-card.tsx';
import { ForWhom } from './family.tsx';
import { Button, Muted } from './parts.tsx';

/** The days ahead, and the classes of the chosen one; on a wide screen those of seven days. */
export const Week = () => (
  <>
    <ForWhom />
    {isWide.value ? <Columns /> : <OneDay />}
  </>
);

function OneDay() {
  const [days, day] = [shownDays(), shownDay()];
  const strip = useRef<HTMLElement>(null);
  useEffect(() => showInside(strip.current, day), [day]);
  return (
    <>
      <nav class="days" aria-label={t().days} ref={strip}>
        {days.map((one) => (
          <DayButton key={one} day={one} isChosen={one === day} />
        ))}
      </nav>
      <h2 class="day-title">{longDay(day)}</h2>
      <DayList day={day} />
    </>
  );
}

/** Moves the strip of days so that a day is inside it. The page itself does not move. */
function showInside(strip: HTMLElement | null, day: string): void {
  const button = strip?.querySelector<HTMLElement>(`[data-day="${day}"]`);
  if (!strip || !button) return;
  const { left, right } = button.getBoundingClientRect();
  const edges = strip.getBoundingClientRect();
  if (left < edges.left || right > edges.right)
    strip.scrollLeft += left - edges.left - (edges.width - (right - left)) / 2;
}

/** The classes of a day. Those that have begun are left out, except the member's own. */
function classesOn(day: string): readonly Class[] {
  return (listedDay(day)?.classes ?? []).filter((one) => isAhead(one) || isMine(one));
}

/** Whether the member has something on a day: booked, on a waitlist, or ordered. */
const hasMine = (day: string): boolean => classesOn(day).some((one) => isMine(one) || prebookingOf(one));

function DayButton({ day, isChosen }: { readonly day: string; readonly isChosen: boolean }) {
  const mine = hasMine(day);
  return (
    <button
      type="button"
      class={`day ${isChosen ? 'chosen' : ''} ${mine ? 'mine' : ''}`}
      data-day={day}
      aria-current={isChosen ? 'date' : undefined}
      onClick={() => {
        chosenDay.value = day;
      }}
    >
      {shortWeekday(day)} <b>{dayNumber(day)}</b>
      <i aria-hidden="true" />
      <span class="unseen">{[longDay(day), mine ? t().yourBookings : ''].filter((part) => part).join(', ')}</span>
    </button>
  );
}

function DayList({ day }: { readonly day: string }) {
  const listed = listedDay(day);
  if (!listed) return loadFailure.value ? null : <Skeleton />;
  const classes = classesOn(day);
  if (classes.length === 0) return <Muted>{t().noClasses}</Muted>;
  return (
    <ul class="cards">
      {classes.map((listed) => (
        <ClassCard key={cardKey(listed)} listed={listed} />
      ))}
    </ul>
  );
}

/** Empty cards in the shape of classes, until the first are known. */
const Skeleton = () => (
  <div class="cards skeleton" role="status" aria-label={t().loading}>
    {[1, 2, 3, 4].map((one) => (
      <div key={one} class="card" />
    ))}
  </div>
);

/** The week that holds the chosen day, or the first one. */
function Columns() {
  const days = shownDays();
  const isSecond = chosenDay.value !== null && days.indexOf(chosenDay.value) >= 7;
  const shown = days.slice(isSecond ? 7 : 0, isSecond ? 14 : 7);
  const goTo = (index: number) => () => {
    chosenDay.value = days[index] ?? null;
  };
  return (
    <>
      <div class="row weeks">
        <Button disabled={!isSecond} onClick={goTo(0)}>
          {t().previousWeek}
        </Button>
        <Button disabled={isSecond} onClick={goTo(7)}>
          {t().nextWeek}
        </Button>
      </div>
      <div class="columns">
        {shown.map((day) => (
          <section key={day} aria-label={longDay(day)} class={hasMine(day) ? 'mine' : ''}>
            <h2>
              {shortWeekday(day)} <b>{dayNumber(day)}</b>
            </h2>
            <DayList day={day} />
          </section>
        ))}
      </div>
    </>
  );
}
