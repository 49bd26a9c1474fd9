import { useState } from 'preact/hooks';
import { actionState, forgetFailure, runAction } from '../state/actions.ts';
import { loadAll } from '../state/data.ts';
import { signIn, wasSignedOut } from '../state/session.ts';
import { chooseLanguage, t } from '../texts/language.ts';
import { ActionLine } from './failed.tsx';
import { Languages } from './languages.tsx';
import { Logo } from './logo.tsx';
import { Button } from './parts.tsx';

/** The key of the action that this form runs. */
const ACTION_KEY = 'sign-in';

/** The screen of a member who is not signed in. */
export function SignIn() {
  return (
    <main class="sign-in">
      <h1>
        <Logo />
      </h1>
      <p class="tagline">{t().tagline}</p>
      {wasSignedOut.value && (
        <p class="failed" role="status">
          {t().signedOutElsewhere}
        </p>
      )}
      <SignInForm />
      <Languages choose={chooseLanguage} />
    </main>
  );
}

function SignInForm() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  /** Whether the service may keep the password. */
  const [mayKeep, setMayKeep] = useState(false);
  const isRunning = actionState(ACTION_KEY)?.kind === 'running';
  const submit = (event: Event) => {
    event.preventDefault();
    // A password does not wait for the network: by then, another member may be using this device.
    void runAction(
      ACTION_KEY,
      async () => {
        await signIn(email, password, mayKeep);
        void loadAll();
        return undefined;
      },
      'fail',
    );
  };
  return (
    <form class="panel" onSubmit={submit} onInput={() => forgetFailure(ACTION_KEY)}>
      <h2>{t().signInTitle}</h2>
      <label>
        {t().email}
        <input
          type="email"
          name="email"
          autocomplete="username"
          required
          value={email}
          onInput={({ currentTarget }) => setEmail(currentTarget.value)}
        />
      </label>
      <label>
        {t().password}
        <input
          type="password"
          name="password"
          autocomplete="current-password"
          required
          value={password}
          onInput={({ currentTarget }) => setPassword(currentTarget.value)}
        />
      </label>
      <p class="muted">{t().passwordNote}</p>
      <label class="check">
        <input type="checkbox" checked={mayKeep} onChange={({ currentTarget }) => setMayKeep(currentTarget.checked)} />
        <span>
          {t().keepPassword}
          <small>{t().keepPasswordNote}</small>
        </span>
      </label>
      <Button tone="accent" submit disabled={isRunning}>
        {isRunning ? t().signingIn : t().signIn}
      </Button>
      <ActionLine actionKey={ACTION_KEY} />
    </form>
  );
}
