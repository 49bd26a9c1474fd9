import { useState } from 'preact/hooks';
import { actionState, runAction, setActionState } from '../state/actions.ts';
import { signInAgain } from '../state/session.ts';
import { t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Button } from './parts.tsx';

/** Asks for the password if an action was refused because the last sign-in is too old, and then repeats the action. */
export function PasswordAgain({ actionKey, then }: { readonly actionKey: string; readonly then: () => void }) {
  const [password, setPassword] = useState('');
  const state = actionState(actionKey);
  const key = `password ${actionKey}`;
  if (state?.kind !== 'failed' || state.failure.kind !== 'refused' || state.failure.code !== 'login-required')
    return null;
  const submit = (event: Event) => {
    event.preventDefault();
    setActionState(key);
    void runAction(key, async () => {
      await signInAgain(password);
      setActionState(actionKey);
      then();
      return undefined;
    });
  };
  return (
    <form class="again row" onSubmit={submit}>
      <label>
        {t().password}
        <input
          type="password"
          autocomplete="current-password"
          required
          value={password}
          onInput={({ currentTarget }) => setPassword(currentTarget.value)}
        />
      </label>
      <Button tone="accent" submit>
        {t().signIn}
      </Button>
      <ActionLine actionKey={key} />
    </form>
  );
}
