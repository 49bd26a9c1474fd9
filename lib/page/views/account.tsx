import { useState } from 'preact/hooks';
import { isBusy, runAction } from '../state/actions.ts';
import { call } from '../state/api.ts';
import { clearSession } from '../state/session.ts';
import { t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Button, Muted, Section } from './parts.tsx';
import { PasswordAgain } from './password-again.tsx';

/** The keys of the actions: each `ActionLine` below shows the state of one. */
const DATA = 'data';
const DELETE = 'delete';

/** Downloads all data that the service keeps about the member, as a JSON file. */
const download = (): Promise<void> =>
  runAction(DATA, async () => {
    const { account } = await call('GET /v1/account', {});
    const url = URL.createObjectURL(new Blob([JSON.stringify(account, undefined, 2)], { type: 'application/json' }));
    const link = Object.assign(document.createElement('a'), { href: url, download: 'on-the-dot.json' });
    link.click();
    URL.revokeObjectURL(url);
    return undefined;
  });

const forgetPassword = (): Promise<void> =>
  runAction(DATA, async () => {
    await call('DELETE /v1/credentials', {});
    return t().passwordForgotten;
  });

/** Deletes all data that the service keeps about the member. Bookings at AimHarder stay. */
const deleteAccount = (): Promise<void> =>
  runAction(DELETE, async () => {
    await call('DELETE /v1/account', {});
    await clearSession();
    return undefined;
  });

/** Exports and deletes the member's data. */
export function Account() {
  const [isAsking, setAsking] = useState(false);
  const isDeleting = isBusy(DELETE);
  const isDataBusy = isBusy(DATA);
  return (
    <Section title={t().yourData}>
      <div class="row">
        <Button disabled={isDataBusy} onClick={() => void download()}>
          {t().exportData}
        </Button>
        <Button disabled={isDataBusy} onClick={() => void forgetPassword()}>
          {t().forgetPassword}
        </Button>
      </div>
      <ActionLine actionKey={DATA} />
      {isAsking ? (
        <div class="panel below">
          <Muted>{t().deleteAccountAsk}</Muted>
          <div class="row">
            <Button tone="danger" disabled={isDeleting} onClick={() => void deleteAccount()}>
              {t().confirmDelete}
            </Button>
            <Button onClick={() => setAsking(false)}>{t().keepIt}</Button>
          </div>
          <ActionLine actionKey={DELETE} />
          <PasswordAgain actionKey={DELETE} then={() => void deleteAccount()} />
        </div>
      ) : (
        <div class="row below">
          <Button onClick={() => setAsking(true)}>{t().deleteAccount}</Button>
        </div>
      )}
    </Section>
  );
}
