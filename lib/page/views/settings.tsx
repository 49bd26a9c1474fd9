import { act, actionState } from '../state/actions.ts';
import { signedIn, signOut } from '../state/session.ts';
import { t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Languages } from './languages.tsx';
import { Button, Muted, Section } from './parts.tsx';

export const Settings = () => (
  <>
    <Section title={t().language}>
      <Languages />
    </Section>
    <SignOut />
  </>
);

const KEY = 'sign-out';

function SignOut() {
  const isRunning = actionState(KEY)?.kind === 'running';
  const leave = (where: 'here' | 'everywhere') => () =>
    void act(KEY, async () => {
      await signOut(where);
      return undefined;
    });
  return (
    <Section title={t().signOut}>
      <Muted>{t().signedInAs(signedIn.value?.email ?? '')}</Muted>
      <div class="row">
        <Button disabled={isRunning} onClick={leave('here')}>
          {t().signOutHere}
        </Button>
        <Button disabled={isRunning} onClick={leave('everywhere')}>
          {t().signOutEverywhere}
        </Button>
      </div>
      <ActionLine of={KEY} />
    </Section>
  );
}
