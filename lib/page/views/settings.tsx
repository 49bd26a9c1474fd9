import { isBusy, runAction } from '../state/actions.ts';
import { signedIn, signOut } from '../state/session.ts';
import { t } from '../texts/language.ts';
import { Account } from './account.tsx';
import { CalendarLink } from './calendar-link.tsx';
import { Devices } from './devices.tsx';
import { ActionLine } from './failed.tsx';
import { Family } from './family.tsx';
import { Languages } from './languages.tsx';
import { chooseEverywhere, Notifications } from './notifications.tsx';
import { Button, Muted, Section } from './parts.tsx';

export const Settings = () => (
  <>
    <Section title={t().language}>
      <Languages choose={chooseEverywhere} />
    </Section>
    <Notifications />
    <CalendarLink />
    <Family />
    <Devices />
    <Account />
    <SignOut />
  </>
);

const KEY = 'sign-out';

function SignOut() {
  const isDisabled = isBusy(KEY);
  const signOutFrom = (where: 'here' | 'everywhere') => () =>
    void runAction(KEY, async () => {
      await signOut(where);
      return undefined;
    });
  return (
    <Section title={t().signOut}>
      <Muted>{t().signedInAs(signedIn.value?.email ?? '')}</Muted>
      <div class="row below">
        <Button disabled={isDisabled} onClick={signOutFrom('here')}>
          {t().signOutHere}
        </Button>
        <Button disabled={isDisabled} onClick={signOutFrom('everywhere')}>
          {t().signOutEverywhere}
        </Button>
      </div>
      <ActionLine actionKey={KEY} />
    </Section>
  );
}
