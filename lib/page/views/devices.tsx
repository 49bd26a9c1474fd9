import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Session } from '../api-types.ts';
import { act, actionState } from '../state/actions.ts';
import { call } from '../state/api.ts';
import { zone } from '../state/data.ts';
import { serverNow } from '../state/server-clock.ts';
import { clear, whenCleared } from '../state/session.ts';
import { sayWhen } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Button, Muted, Section } from './parts.tsx';
import { PasswordAgain } from './password-again.tsx';

const sessions = signal<readonly Session[]>([]);
whenCleared(() => {
  sessions.value = [];
});

const LIST = 'sessions';
const loadSessions = (): Promise<void> =>
  act(LIST, async () => {
    sessions.value = (await call('GET /v1/sessions', { query: { limit: 100 } })).sessions;
    return undefined;
  });

const sessionKey = ({ fingerprint }: Session): string => `session ${fingerprint}`;

const endSession = (session: Session, confirmed: boolean): Promise<void> =>
  act(sessionKey(session), async () => {
    const query = confirmed ? { confirmProtectedDeletion: 'true' as const } : {};
    await call('DELETE /v1/sessions/{fingerprint}', { path: { fingerprint: session.fingerprint }, query });
    if (session.current) await clear();
    else await loadSessions();
    return undefined;
  });

/** The devices that are signed in, and the server's own session. */
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
        <ActionLine of={LIST} />
        <ul class="cards">
          {devices.map((one) => (
            <DeviceCard key={one.fingerprint} session={one} />
          ))}
        </ul>
      </Section>
      {background && <ServerSession session={background} />}
    </>
  );
}

type OfSession = { readonly session: Session };

function DeviceCard({ session }: OfSession) {
  const { deviceName, fingerprint, current, createdAt } = session;
  const name = deviceName ?? `${t().device} ${fingerprint.slice(0, 8)}`;
  const since = t().signedInSince(sayWhen(Date.parse(createdAt), zone.value, serverNow()));
  return (
    <li class="card line">
      <div class="what">
        <h3 class="name">{name}</h3>
        <p class="sub">{current ? t().thisDevice : since}</p>
      </div>
      {!current && (
        <Button label={`${t().revoke}: ${name}`} onClick={() => void endSession(session, false)}>
          {t().revoke}
        </Button>
      )}
      <ActionLine of={sessionKey(session)} />
    </li>
  );
}

/** The session that books: what it is, and how it is ended. */
function ServerSession({ session }: OfSession) {
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
        <Button onClick={() => void endSession(session, false)}>{t().endServerSession}</Button>
        <ActionLine of={key} confirm={{ label: t().endServerSession, run: end }} />
        <PasswordAgain of={key} then={end} />
      </div>
    </Section>
  );
}
