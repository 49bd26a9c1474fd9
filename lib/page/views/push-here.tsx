import { useEffect } from 'preact/hooks';
import { isBusy, runAction } from '../state/actions.ts';
import { call } from '../state/api.ts';
import { checkPush, type PushState, pushState, subscribe, unsubscribe } from '../state/push.ts';
import { t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Button } from './parts.tsx';

const PUSH = 'push';

/** Switches push messages to this browser on or off, and shows the new state or the failure. */
const changePush = (change: () => Promise<PushState | 'failed'>): Promise<void> =>
  runAction(PUSH, async () => {
    const state = await change();
    if (state === 'failed') return t().pushFailed;
    pushState.value = state;
    return undefined;
  });

/**
 * Lets the member switch messages to this browser on or off.
 *
 * @property endpoints the member's browsers that the service sends to; undefined until the settings are loaded.
 */
export function PushHere({ endpoints }: { readonly endpoints: readonly string[] | undefined }) {
  useEffect(() => {
    if (endpoints) void checkPush(endpoints);
  }, [endpoints]);
  const state = pushState.value;
  const isDisabled = isBusy(PUSH) || endpoints === undefined;
  return (
    <div class="card line">
      <div class="what">
        <h3 class="name">{t().pushHere}</h3>
        <p class="sub">{t().pushStates[state]}</p>
      </div>
      {state === 'on' && (
        <Button tone="plain" disabled={isDisabled} onClick={() => void changePush(unsubscribe)}>
          {t().pushTurnOff}
        </Button>
      )}
      {state === 'off' && (
        <Button disabled={isDisabled} onClick={() => void changePush(subscribe)}>
          {t().pushTurnOn}
        </Button>
      )}
      <ActionLine actionKey={PUSH} />
    </div>
  );
}

const TEST = 'test-notifications';

/** Sends a test message, and says which channels have accepted it. */
const sendTest = (): Promise<void> =>
  runAction(TEST, async () => {
    const { sent, failed } = await call('POST /v1/notifications/test', {});
    const { channelNames, testSent, testFailed, testNothing } = t();
    const sentences = [
      ...(sent.length > 0 ? [testSent(sent.map((channel) => channelNames[channel]).join(', '))] : []),
      ...failed.map(({ channel, reason }) => testFailed(channelNames[channel], reason)),
    ];
    return sentences.join(' ') || testNothing;
  });

export const TestMessage = () => (
  <div class="row below">
    <Button disabled={isBusy(TEST)} onClick={() => void sendTest()}>
      {t().testMessage}
    </Button>
    <ActionLine actionKey={TEST} />
  </div>
);
