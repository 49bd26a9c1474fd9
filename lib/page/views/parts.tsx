import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { after } from '../browser-clock.ts';
import { serverNow } from '../state/server-clock.ts';

type Tone = 'accent' | 'offer' | 'quiet' | 'plain' | 'danger';

type ButtonProps = {
  readonly tone?: Tone;
  readonly onClick?: () => void;
  readonly disabled?: boolean;
  readonly submit?: boolean;
  /** The name for screen readers, if it is not the text. */
  readonly label?: string | undefined;
  readonly children: ComponentChildren;
};

export const Button = ({ tone = 'quiet', onClick, disabled = false, submit = false, label, children }: ButtonProps) => (
  <button
    type={submit ? 'submit' : 'button'}
    class={`button ${tone}`}
    disabled={disabled}
    aria-label={label}
    {...(onClick && { onClick })}
  >
    {children}
  </button>
);

/** A part of a screen with its heading. */
export const Section = ({ title, children }: { readonly title: string; readonly children: ComponentChildren }) => (
  <section>
    <h2>{title}</h2>
    {children}
  </section>
);

/** Facts in a row; empty ones are left out. The style sheet draws a dot between facts on the same line. */
export const Facts = ({ facts }: { readonly facts: readonly (string | null | undefined)[] }) => (
  <p class="sub facts">{facts.flatMap((fact) => (fact ? [<span key={fact}>{fact} </span>] : []))}</p>
);

export const Muted = ({ children }: { readonly children: ComponentChildren }) => <p class="muted">{children}</p>;

/** The server's time at the last tick. A tick comes every second while a component uses `useNow`. */
const lastTick = signal(serverNow());
let userCount = 0;
let stopTicking = () => {};

function tick(): void {
  lastTick.value = serverNow();
  // Ticks at each whole second of the server's clock, so that a countdown skips no second.
  stopTicking = after(1_000 - (serverNow() % 1_000), tick);
}

/** Returns the server's time, and renders the component again every second. */
export function useNow(): number {
  useEffect(() => {
    userCount += 1;
    if (userCount === 1) tick();
    return () => {
      userCount -= 1;
      if (userCount === 0) stopTicking();
    };
  }, []);
  // If no component has used `useNow` for a while, `lastTick` is old until the first tick. The result is at most a second old.
  return Math.max(lastTick.value, serverNow() - 1_000);
}
