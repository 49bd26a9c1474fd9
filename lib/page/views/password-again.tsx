import { useState } from 'preact/hooks';
import { act, actionState, settle } from '../state/actions.ts';
import { signInAgain } from '../state/session.ts';
import { t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Button } from './parts.tsx';

/** Asks for the password where an action was refused because the sign-in is too long ago, and then repeats the action. */
export function PasswordAgain({ of, then }: { readonly of: string; readonly then: () => void }) {
  const [password, setPassword] = useState('');
  const state = actionState(of);
  const key = `password ${of}`;
  if (state?.kind !== 'failed' || state.failure.kind !== 'refused' || state.failure.code !== 'login-required')
    return null;
  const submit = (event: Event) => {
    event.preventDefault();
    settle(key);
    void act(key, async () => {
      await signInAgain(password);
      settle(of);
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
      <ActionLine of={key} />
    </form>
  );
}
