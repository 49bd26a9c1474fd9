import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Session } from '../api-types.ts';
import { actionState, isBusy, runAction } from '../state/actions.ts';
import { call } from '../state/api.ts';
import { zone } from '../state/data.ts';
import { serverNow } from '../state/server-clock.ts';
import { clearSession, whenCleared } from '../state/session.ts';
import { formatWhen } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Button, Muted, Section } from './parts.tsx';
import { PasswordAgain } from './password-again.tsx';

const sessions = signal<readonly Session[]>([]);
whenCleared(() => {
  sessions.value = [];
});

/** The key under which the loading of the list keeps its state (`state/actions.ts`). */
const LIST = 'sessions';

/** Loads the sessions. The limit is the largest page, and a member has fewer devices. */
const loadSessions = (): Promise<void> =>
  runAction(LIST, async () => {
    sessions.value = (await call('GET /v1/sessions', { query: { limit: 100 } })).sessions;
    return undefined;
  });

/** The key under which the ending of a session keeps its state. */
const sessionKey = ({ fingerprint }: Session): string => `session ${fingerprint}`;

/** Ends a session. @param isConfirmed whether the member has agreed to end the background session. */
const endSession = (session: Session, isConfirmed: boolean): Promise<void> =>
  runAction(sessionKey(session), async () => {
    const query = isConfirmed ? { confirmProtectedDeletion: 'true' as const } : {};
    await call('DELETE /v1/sessions/{fingerprint}', { path: { fingerprint: session.fingerprint }, query });
    if (session.current) await clearSession();
    else await loadSessions();
    return undefined;
  });

/** Shows the devices that are signed in, and the background session. */
export function Devices() {
  useEffect(() => void loadSessions(), []);
  const devices = sessions.value
    .filter(({ sessionType }) => sessionType === 'device')
    .toSorted((one, other) => Number(other.current) - Number(one.current));
  const background = sessions.value.find(({ sessionType }) => sessionType === 'background');
  return (
    <>
      <Section title={t().devices}>
        {devices.length === 0 && actionState(LIST)?.kind === 'running' && <Muted>{t().loading}</Muted>}
        <ActionLine actionKey={LIST} />
        <ul class="cards">
          {devices.map((device) => (
            <DeviceCard key={device.fingerprint} session={device} />
          ))}
        </ul>
      </Section>
      {background && <ServerSession session={background} />}
    </>
  );
}

type SessionProps = { readonly session: Session };

function DeviceCard({ session }: SessionProps) {
  const { deviceName, fingerprint, current, createdAt } = session;
  const name = deviceName ?? `${t().device} ${fingerprint.slice(0, 8)}`;
  const since = t().signedInSince(formatWhen(Date.parse(createdAt), zone.value, serverNow()));
  return (
    <li class="card line">
      <div class="what">
        <h3 class="name">{name}</h3>
        <p class="sub">{current ? t().thisDevice : since}</p>
      </div>
      {!current && (
        <Button
          label={`${t().revoke}: ${name}`}
          disabled={isBusy(sessionKey(session))}
          onClick={() => void endSession(session, false)}
        >
          {t().revoke}
        </Button>
      )}
      <ActionLine actionKey={sessionKey(session)} />
    </li>
  );
}

/** Explains the background session, which books for the member, and lets the member end it. */
function ServerSession({ session }: SessionProps) {
  const key = sessionKey(session);
  const isAlive = session.state === 'active';
  const end = () => void endSession(session, true);
  return (
    <Section title={t().serverSession}>
      <div class="card line">
        <div class="what">
          <Muted>{t().serverSessionNote}</Muted>
          {!isAlive && <p class="sub warn">{t().serverSessionDead}</p>}
        </div>
        <Button disabled={isBusy(key)} onClick={() => void endSession(session, false)}>
          {t().endServerSession}
        </Button>
        <ActionLine actionKey={key} confirm={{ label: t().endServerSession, run: end }} />
        <PasswordAgain actionKey={key} then={end} />
      </div>
    </Section>
  );
}
