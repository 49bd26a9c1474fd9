import { isOffline } from '../state/api.ts';
import { chooseBox } from '../state/choices.ts';
import { box, loadAll, loadFailure, seen, zone } from '../state/data.ts';
import { isWide, type Screen, screen, showScreen } from '../state/screen.ts';
import { signedIn } from '../state/session.ts';
import { formatTime } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { Failed } from './failed.tsx';
import { Logo } from './logo.tsx';
import { Mine } from './mine.tsx';
import { NearOpenings } from './openings.tsx';
import { Settings } from './settings.tsx';
import { SignIn } from './sign-in.tsx';
import { Week } from './week.tsx';

export const App = () => (signedIn.value ? <SignedInPage /> : <SignIn />);

function SignedInPage() {
  return (
    <>
      <header>
        <h1>
          <Logo />
        </h1>
        <Tabs />
        {screen.value === 'week' && <BoxChoice />}
      </header>
      <main class={screen.value}>
        <Notice />
        <ScreenBody />
      </main>
    </>
  );
}

function ScreenBody() {
  if (screen.value === 'settings') return <Settings />;
  if (screen.value === 'week' && isWide.value)
    return (
      <div class="side-by-side">
        <div>
          <Week />
        </div>
        <aside aria-label={t().mine}>
          <NearOpenings />
          <Mine />
        </aside>
      </div>
    );
  return (
    <>
      <NearOpenings />
      {screen.value === 'mine' ? <Mine /> : <Week />}
    </>
  );
}

/** Says why nothing newer could be read. */
function Notice() {
  const { at } = seen.value;
  if (isOffline.value)
    return (
      <p class="notice" role="status">
        {at === null ? t().offline : t().offlineSince(formatTime(zone.value, at))}
      </p>
    );
  const failure = loadFailure.value;
  if (!failure) return null;
  return (
    <Failed
      failure={failure}
      retry={() => void loadAll()}
      dismiss={() => {
        loadFailure.value = null;
      }}
    />
  );
}

function Tabs() {
  const tabs: readonly (readonly [Screen, string])[] = [
    ['week', t().week],
    ['mine', t().mine],
    ['settings', t().settings],
  ];
  return (
    <nav class="tabs">
      {tabs.map(([name, title]) => (
        <a
          key={name}
          href={`#${name}`}
          aria-current={screen.value === name ? 'page' : undefined}
          onClick={() => showScreen(name)}
        >
          {title}
        </a>
      ))}
    </nav>
  );
}

function BoxChoice() {
  const { boxes } = seen.value;
  if (boxes.length < 2) return box.value ? <span class="pill box">{box.value.name}</span> : null;
  return (
    <div class="choice">
      <select
        class="pill box"
        aria-label={t().box}
        value={box.value?.box ?? ''}
        onChange={({ currentTarget }) => chooseBox(currentTarget.value)}
      >
        {boxes.map(({ box: subdomain, name }) => (
          <option key={subdomain} value={subdomain}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
