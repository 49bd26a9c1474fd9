import { isOffline } from '../state/api.ts';
import { chooseBox } from '../state/choices.ts';
import { box, loadAll, loadFailure, seen, zone } from '../state/data.ts';
import { isWide, type Screen, screen, show } from '../state/screen.ts';
import { signedIn } from '../state/session.ts';
import { timeIn } from '../texts/format.ts';
import { t } from '../texts/language.ts';
import { Failed } from './failed.tsx';
import { Logo } from './logo.tsx';
import { Mine } from './mine.tsx';
import { Moments } from './moment.tsx';
import { Settings } from './settings.tsx';
import { SignIn } from './sign-in.tsx';
import { Week } from './week.tsx';

export const App = () => (signedIn.value ? <Inside /> : <SignIn />);

function Inside() {
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
        <Body />
      </main>
    </>
  );
}

function Body() {
  if (screen.value === 'settings') return <Settings />;
  if (screen.value === 'week' && isWide.value)
    return (
      <div class="side-by-side">
        <div>
          <Week />
        </div>
        <aside aria-label={t().mine}>
          <Moments />
          <Mine />
        </aside>
      </div>
    );
  return (
    <>
      <Moments />
      {screen.value === 'mine' ? <Mine /> : <Week />}
    </>
  );
}

/** Says that what is shown is old, and why nothing newer could be read. */
function Notice() {
  const { at } = seen.value;
  if (isOffline.value)
    return (
      <p class="notice" role="status">
        {at === null ? t().offline : t().offlineSince(timeIn(zone.value, at))}
      </p>
    );
  const failure = loadFailure.value;
  if (!failure) return null;
  return (
    <Failed
      failure={failure}
      again={() => void loadAll()}
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
          onClick={() => show(name)}
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
        {boxes.map((one) => (
          <option key={one.box} value={one.box}>
            {one.name}
          </option>
        ))}
      </select>
    </div>
  );
}
