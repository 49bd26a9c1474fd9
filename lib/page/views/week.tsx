import { useEffect, useRef } from 'preact/hooks';
import type { Class } from '../api-types.ts';
import { cardKey, prebookingOf } from '../state/booking.ts';
import { isAhead, isMine, listedDay, loadFailure, shownDay, shownDays } from '../state/data.ts';
import { chosenDay, isWide } from '../state/screen.ts';
import { formatDayNumber, formatLongDay, formatShortWeekday } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { ClassCard } from './class-card.tsx';
import { ForWhom } from './family.tsx';
import { Button, Muted } from './parts.tsx';

/** How many days the columns of a wide screen show. */
const WEEK = 7;

/** The classes of the chosen day, with the days to choose from; on a wide screen, the classes of seven days. */
export const Week = () => (
  <>
    <ForWhom />
    {isWide.value ? <Columns /> : <OneDay />}
  </>
);

function OneDay() {
  const [days, day] = [shownDays(), shownDay()];
  const strip = useRef<HTMLElement>(null);
  useEffect(() => scrollToDay(strip.current, day), [day]);
  return (
    <>
      <nav class="days" aria-label={t().days} ref={strip}>
        {days.map((listed) => (
          <DayButton key={listed} day={listed} isChosen={listed === day} />
        ))}
      </nav>
      <h2 class="day-title">{formatLongDay(day)}</h2>
      <DayList day={day} />
    </>
  );
}

/** Scrolls a day to the middle of the strip, unless it is visible already. The page itself does not scroll. */
function scrollToDay(strip: HTMLElement | null, day: string): void {
  const button = strip?.querySelector<HTMLElement>(`[data-day="${day}"]`);
  if (!strip || !button) return;
  const { left, right } = button.getBoundingClientRect();
  const edges = strip.getBoundingClientRect();
  const leftIfCentred = edges.left + (edges.width - (right - left)) / 2;
  if (left < edges.left || right > edges.right) strip.scrollLeft += left - leftIfCentred;
}

/** Lists the classes of a day. Classes that have begun are left out, except the member's own. */
function classesOn(day: string): readonly Class[] {
  return (listedDay(day)?.classes ?? []).filter((listed) => isAhead(listed) || isMine(listed));
}

/** Checks whether the member has booked, waits for, or has pre-booked a class on a day. */
const hasOwnClass = (day: string): boolean => classesOn(day).some((listed) => isMine(listed) || prebookingOf(listed));

function DayButton({ day, isChosen }: { readonly day: string; readonly isChosen: boolean }) {
  const hasOwn = hasOwnClass(day);
  return (
    <button
      type="button"
      class={`day ${isChosen ? 'chosen' : ''} ${hasOwn ? 'mine' : ''}`}
      data-day={day}
      aria-current={isChosen ? 'date' : undefined}
      onClick={() => {
        chosenDay.value = day;
      }}
    >
      {formatShortWeekday(day)} <b>{formatDayNumber(day)}</b>
      <i aria-hidden="true" />
      <span class="unseen">
        {[formatLongDay(day), hasOwn ? t().yourBookings : ''].filter((part) => part).join(', ')}
      </span>
    </button>
  );
}

function DayList({ day }: { readonly day: string }) {
  const isRead = listedDay(day) !== undefined;
  if (!isRead) return loadFailure.value ? null : <Skeleton />;
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

/** Empty cards in the shape of classes, until the first classes are known. */
const Skeleton = () => (
  <div class="cards skeleton" role="status" aria-label={t().loading}>
    {[1, 2, 3, 4].map((index) => (
      <div key={index} class="card" />
    ))}
  </div>
);

/** The week with the chosen day as columns; the first week if no day is chosen. */
function Columns() {
  const days = shownDays();
  const isSecondWeek = chosenDay.value !== null && days.indexOf(chosenDay.value) >= WEEK;
  const shown = isSecondWeek ? days.slice(WEEK, 2 * WEEK) : days.slice(0, WEEK);
  const chooseDay = (index: number) => () => {
    chosenDay.value = days[index] ?? null;
  };
  return (
    <>
      <div class="row weeks">
        <Button disabled={!isSecondWeek} onClick={chooseDay(0)}>
          {t().previousWeek}
        </Button>
        <Button disabled={isSecondWeek} onClick={chooseDay(WEEK)}>
          {t().nextWeek}
        </Button>
      </div>
      <div class="columns">
        {shown.map((day) => (
          <section key={day} aria-label={formatLongDay(day)} class={hasOwnClass(day) ? 'mine' : ''}>
            <h2>
              {formatShortWeekday(day)} <b>{formatDayNumber(day)}</b>
            </h2>
            <DayList day={day} />
          </section>
        ))}
      </div>
    </>
  );
}
