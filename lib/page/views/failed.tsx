import type { ActionState } from '../state/actions.ts';
import { actionState, setActionState } from '../state/actions.ts';
import type { Failure } from '../state/api.ts';
import { loadAll } from '../state/data.ts';
import { nextStepFor, sentenceFor } from '../state/next-steps.ts';
import { showScreen } from '../state/screen.ts';
import { formatDuration } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { Button, useNow } from './parts.tsx';

type FailedProps = {
  readonly failure: Failure;
  readonly retry: () => void;
  readonly dismiss: () => void;
  /** Repeats the refused action with the member's confirmation. */
  readonly confirm?: { readonly label: string; readonly run: () => void } | undefined;
};

/** Says why something failed, and offers the next step. */
export function Failed({ failure, retry, dismiss, confirm }: FailedProps) {
  return (
    <div class="failed" role="alert">
      <p>{sentenceFor(failure)}</p>
      {failure.kind === 'refused' && failure.retryAt !== null ? (
        <RetryLater at={failure.retryAt} retry={retry} />
      ) : (
        <NextStepButtons {...{ failure, retry, dismiss, confirm }} />
      )}
    </div>
  );
}

/** Counts down to the time from which the service accepts another try. */
function RetryLater({ at, retry }: { readonly at: number; readonly retry: () => void }) {
  const left = at - useNow();
  return (
    <div class="row">
      {left > 0 && <span class="muted">{t().tryAgainIn(formatDuration(left))}</span>}
      <Button disabled={left > 0} onClick={retry}>
        {t().retry}
      </Button>
    </div>
  );
}

function NextStepButtons({ failure, retry, dismiss, confirm }: FailedProps) {
  const step = nextStepFor(failure);
  if (step === 'confirm' && confirm)
    return (
      <div class="row">
        <Button tone="danger" onClick={confirm.run}>
          {confirm.label}
        </Button>
        <Button onClick={dismiss}>{t().keepIt}</Button>
      </div>
    );
  const dismissAndRun = (run: () => void) => () => {
    dismiss();
    run();
  };
  const buttons = {
    retry: [t().retry, retry],
    reload: [t().reload, dismissAndRun(() => void loadAll())],
    'open-mine': [t().seeMine, dismissAndRun(() => showScreen('mine'))],
    // `confirm` comes here only if the view cannot repeat the action with the member's confirmation.
    confirm: [t().understood, dismiss],
    password: [t().understood, dismiss],
    acknowledge: [t().understood, dismiss],
  } as const;
  const [label, run] = buttons[step];
  return (
    <div class="row">
      <Button onClick={run}>{label}</Button>
    </div>
  );
}

/** Shows the state of an action that waits for the network, has failed, or is done. */
export function ActionLine({
  actionKey,
  confirm,
}: {
  readonly actionKey: string;
  readonly confirm?: FailedProps['confirm'];
}) {
  const state = actionState(actionKey);
  const dismiss = () => setActionState(actionKey);
  if (!state || state.kind === 'running') return null;
  return <ActionStateLine {...{ state, dismiss, confirm }} />;
}

type ActionStateLineProps = {
  readonly state: Exclude<ActionState, { readonly kind: 'running' }>;
  readonly dismiss: () => void;
  readonly confirm?: FailedProps['confirm'];
};

function ActionStateLine({ state, dismiss, confirm }: ActionStateLineProps) {
  if (state.kind === 'failed')
    return <Failed failure={state.failure} retry={state.retry} dismiss={dismiss} confirm={confirm} />;
  if (state.kind === 'done')
    return (
      <p class="done" role="status">
        {state.note}
      </p>
    );
  return (
    <div class="waiting" role="status">
      <p>{t().waitingForNetwork}</p>
      <div class="row">
        <Button onClick={dismiss}>{t().dontSend}</Button>
      </div>
    </div>
  );
}
