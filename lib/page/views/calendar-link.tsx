import { signal } from '@preact/signals';
import { encode } from 'uqr';
import { isBusy, runAction } from '../state/actions.ts';
import { call } from '../state/api.ts';
import { whenCleared } from '../state/session.ts';
import { t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Button, Muted, Section } from './parts.tsx';

/** The link that was just made. The service shows a link only once, because it stores only the hash. */
const link = signal<string | null>(null);
/** How many minutes before a class its calendar event has an alarm; 0 for none. */
const alarm = signal(0);
/** The choices for `alarm`, in minutes. */
const ALARMS = [0, 15, 30, 60, 120];
whenCleared(() => {
  link.value = null;
  alarm.value = 0;
});

/** The key of the actions that make and revoke the link. */
const KEY = 'calendar';

const makeLink = (): Promise<void> =>
  runAction(KEY, async () => {
    link.value = (await call('POST /v1/calendar', {})).url;
    return undefined;
  });

const revokeLink = (): Promise<void> =>
  runAction(KEY, async () => {
    await call('DELETE /v1/calendar', {});
    link.value = null;
    return t().calendarRevoked;
  });

/** Copies the link. A browser may refuse that, and offers no clipboard to a page that came without TLS. */
const copyLink = (url: string): Promise<void> =>
  runAction(KEY, async () => {
    try {
      await navigator.clipboard.writeText(url);
      return t().copied;
    } catch {
      return t().notCopied;
    }
  });

/** The private address of the member's calendar feed: as a link, as text, and as a QR code for another device. */
export function CalendarLink() {
  const isDisabled = isBusy(KEY);
  return (
    <Section title={t().calendar}>
      <Muted>{t().calendarNote}</Muted>
      {link.value !== null && <Link url={withAlarm(link.value, alarm.value)} />}
      <div class="row below">
        <Button disabled={isDisabled} onClick={() => void makeLink()}>
          {t().makeCalendar}
        </Button>
        <Button disabled={isDisabled} onClick={() => void revokeLink()}>
          {t().revokeCalendar}
        </Button>
      </div>
      <ActionLine actionKey={KEY} />
    </Section>
  );
}

/** Adds the alarm to the link, because the service does not store it. */
const withAlarm = (url: string, minutes: number): string => (minutes === 0 ? url : `${url}?alarmMinutes=${minutes}`);

function Link({ url }: { readonly url: string }) {
  return (
    <div class="panel below">
      <label class="check">
        <span>{t().alarm}</span>
        <select
          value={String(alarm.value)}
          onChange={({ currentTarget }) => {
            alarm.value = Number(currentTarget.value);
          }}
        >
          {ALARMS.map((minutes) => (
            <option key={minutes} value={String(minutes)}>
              {minutes === 0 ? t().noAlarm : t().alarmBefore(minutes)}
            </option>
          ))}
        </select>
      </label>
      <p class="address">{url}</p>
      <div class="row">
        <a class="button accent" href={url.replace(/^https?:/, 'webcal:')}>
          {t().addToCalendar}
        </a>
        <Button onClick={() => void copyLink(url)}>{t().copy}</Button>
      </div>
      <Muted>{t().scan}</Muted>
      <QrCode text={url} />
    </div>
  );
}

/** Draws a QR code as one path, with a square for each dark module. */
function QrCode({ text }: { readonly text: string }) {
  const { data, size } = encode(text, { border: 2 });
  const squares = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg class="code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t().calendar}>
      <path d={squares.join('')} />
    </svg>
  );
}
