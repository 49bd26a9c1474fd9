import { useState } from 'preact/hooks';
import type { Pause, Routine } from '../api-types.ts';
import { isBusy } from '../state/actions.ts';
import { findBox, seen, today, zoneOf } from '../state/data.ts';
import { findName } from '../state/people.ts';
import {
  addPause,
  changeRoutine,
  comingSkips,
  currentPauses,
  endPause,
  endRoutine,
  nextDate,
  nextWeek,
  PAUSES,
  routineKey,
  type StillBooked,
  skipDate,
  unskipDate,
} from '../state/routines.ts';
import { openCard } from '../state/screen.ts';
import { serverNow } from '../state/server-clock.ts';
import { formatShortDay, formatWhen, weekdayName } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Button, Facts, Muted, Section } from './parts.tsx';

export function Routines() {
  const { routines } = seen.value;
  return (
    <Section title={t().routines}>
      {routines.length === 0 && <Muted>{t().noRoutines}</Muted>}
      <ul class="cards">
        {routines.map((routine) => (
          <RoutineCard key={routine.id} routine={routine} />
        ))}
      </ul>
    </Section>
  );
}

type RoutineProps = { readonly routine: Routine };

function RoutineCard({ routine }: RoutineProps) {
  const { className, weekday, startsAt, problem } = routine;
  const key = routineKey(routine);
  const isOpen = openCard.value === key;
  const skips = comingSkips(routine);
  return (
    <li class="card">
      <div class="time">
        {startsAt}
        <small>{weekdayName(weekday)}</small>
      </div>
      <div class="what">
        <h3 class="name">{className}</h3>
        <Facts facts={listFacts(routine)} />
        {skips.length > 0 && <p class="sub">{t().skipped(skips.map(formatShortDay).join(', '))}</p>}
        {problem && (
          <p class="sub warn">
            {formatShortDay(problem.day)}: {t().obstacles[problem.code]}
          </p>
        )}
      </div>
      <div class="action">
        <button
          type="button"
          class="chip quiet"
          aria-expanded={isOpen}
          aria-label={nameAction(t().change, routine)}
          onClick={() => {
            openCard.value = isOpen ? null : key;
          }}
        >
          {t().change}
        </button>
      </div>
      <Suggestions routine={routine} />
      {isOpen && <RoutineOptions routine={routine} />}
      <ActionLine actionKey={key} />
    </li>
  );
}

/** Offers class names that the member may have meant, if the timetable has no class with the routine's name. */
function Suggestions({ routine }: RoutineProps) {
  const names = routine.problem?.suggestions ?? [];
  if (names.length === 0) return null;
  return (
    <fieldset class="options row" aria-label={t().didYouMean}>
      <span class="ask">{t().didYouMean}</span>
      {names.map((className) => (
        <Button
          key={className}
          tone="offer"
          disabled={isBusy(routineKey(routine))}
          onClick={() => void changeRoutine(routine, { className })}
        >
          {className}
        </Button>
      ))}
    </fieldset>
  );
}

/** Names an action for a screen reader, which may read it without the card around it. */
const nameAction = (action: string, { className, weekday, startsAt, familyId }: Routine): string =>
  [`${action}: ${className}`, `${weekdayName(weekday)} ${startsAt}`, findName(familyId)].filter(Boolean).join(', ');

function listFacts({ next, box, familyId }: Routine): readonly (string | null | undefined)[] {
  const boxName = seen.value.boxes.length > 1 ? findBox(box)?.name : undefined;
  const opening = next && formatWhen(Date.parse(next.opensAt), zoneOf(box), serverNow());
  return [findName(familyId), next && t().next(formatShortDay(next.day)), opening && t().opens(opening), boxName];
}

function RoutineOptions({ routine }: RoutineProps) {
  const [isEnding, setEnding] = useState(false);
  const next = nextDate(routine);
  const joinsWaitlist = routine.whenFull === 'waitlist';
  // A further tap would be ignored.
  const isDisabled = isBusy(routineKey(routine));
  if (isEnding)
    return (
      <fieldset class="options row" aria-label={t().endRoutine}>
        <span class="ask">{t().endRoutineAsk}</span>
        <Button tone="danger" disabled={isDisabled} onClick={() => void endRoutine(routine)}>
          {t().endRoutine}
        </Button>
        <Button onClick={() => setEnding(false)}>{t().keepIt}</Button>
      </fieldset>
    );
  return (
    <fieldset class="options row" aria-label={t().options(routine.className)}>
      <Button disabled={isDisabled} onClick={() => void skipDate(routine, next)}>
        {t().skipDate(formatShortDay(next))}
      </Button>
      {comingSkips(routine).map((day) => (
        <Button key={day} disabled={isDisabled} onClick={() => void unskipDate(routine, day)}>
          {t().unskip(formatShortDay(day))}
        </Button>
      ))}
      <label class="check">
        <input
          type="checkbox"
          checked={joinsWaitlist}
          disabled={isDisabled}
          onChange={() => void changeRoutine(routine, { whenFull: joinsWaitlist ? 'skip' : 'waitlist' })}
        />
        <span>{t().joinWaitlistIfFull}</span>
      </label>
      <Button onClick={() => setEnding(true)}>{t().endRoutine}</Button>
    </fieldset>
  );
}

/** Writes a note that names the classes that stay booked although a pause covers them. @returns undefined if there are none. */
function writeStillBooked(booked: readonly StillBooked[]): string | undefined {
  if (booked.length === 0) return undefined;
  return `${t().stillBooked} ${booked.map(({ className, day }) => `${className}, ${formatShortDay(day)}`).join(' · ')}`;
}

export function Pauses() {
  const pauses = currentPauses();
  const [isAdding, setAdding] = useState(false);
  const week = nextWeek();
  return (
    <Section title={t().pauses}>
      {pauses.length === 0 && <Muted>{t().noPauses}</Muted>}
      <ul class="cards">
        {pauses.map((pause) => (
          <PauseCard key={`${pause.from} ${pause.until} ${pause.routineId}`} pause={pause} />
        ))}
      </ul>
      {isAdding ? (
        <PauseForm close={() => setAdding(false)} />
      ) : (
        <div class="row below">
          {!pauses.some(({ from, until }) => from === week.from && until === week.until) && (
            <Button disabled={isBusy(PAUSES)} onClick={() => void addPause(week.from, week.until, writeStillBooked)}>
              {t().pauseNextWeek}
            </Button>
          )}
          <Button onClick={() => setAdding(true)}>{t().addPause}</Button>
        </div>
      )}
      <ActionLine actionKey={PAUSES} />
    </Section>
  );
}

function PauseCard({ pause }: { readonly pause: Pause }) {
  const name = t().range(formatShortDay(pause.from), formatShortDay(pause.until));
  return (
    <li class="card line">
      <h3 class="name">{name}</h3>
      <Button
        label={`${t().remove}: ${name}`}
        disabled={isBusy(PAUSES)}
        onClick={() => void endPause(pause, writeStillBooked)}
      >
        {t().remove}
      </Button>
    </li>
  );
}

function PauseForm({ close }: { readonly close: () => void }) {
  const [from, setFrom] = useState(today());
  const [until, setUntil] = useState(today());
  const lastDay = until < from ? from : until;
  const submit = (event: Event) => {
    event.preventDefault();
    close();
    void addPause(from, lastDay, writeStillBooked);
  };
  return (
    <form class="panel below" onSubmit={submit}>
      <label>
        {t().pauseFrom}
        <input
          type="date"
          required
          min={today()}
          value={from}
          onInput={({ currentTarget }) => setFrom(currentTarget.value)}
        />
      </label>
      <label>
        {t().pauseUntil}
        <input
          type="date"
          required
          min={from}
          value={lastDay}
          onInput={({ currentTarget }) => setUntil(currentTarget.value)}
        />
      </label>
      <div class="row">
        <Button tone="accent" submit disabled={isBusy(PAUSES)}>
          {t().savePause}
        </Button>
        <Button onClick={close}>{t().close}</Button>
      </div>
    </form>
  );
}
