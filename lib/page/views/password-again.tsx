import { useState } from 'preact/hooks';
import { actionState, forgetFailure, runAction, setActionState } from '../state/actions.ts';
import { signInAgain } from '../state/session.ts';
import { t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Button } from './parts.tsx';

/**
 * Asks for the password if an action was refused because the last sign-in is too old.
 *
 * @property actionKey the key of the refused action.
 * @property then repeats the action, after the member has signed in again.
 */
export function PasswordAgain({ actionKey, then }: { readonly actionKey: string; readonly then: () => void }) {
  const [password, setPassword] = useState('');
  const state = actionState(actionKey);
  const signInKey = `password ${actionKey}`;
  const needsPassword =
    state?.kind === 'failed' && state.failure.kind === 'refused' && state.failure.code === 'login-required';
  if (!needsPassword) return null;
  const submit = (event: Event) => {
    event.preventDefault();
    void runAction(
      signInKey,
      async () => {
        await signInAgain(password);
        // Clears the refusal, which hides this form.
        setActionState(actionKey);
        then();
        return undefined;
      },
      'fail',
    );
  };
  return (
    <form class="again row" onSubmit={submit} onInput={() => forgetFailure(signInKey)}>
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
      <ActionLine actionKey={signInKey} />
    </form>
  );
}
