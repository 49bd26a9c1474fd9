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

/** Facts in a row. Those on one line have a dot between them; the style sheet draws it. */
export const Facts = ({ of }: { readonly of: readonly (string | null | undefined)[] }) => (
  <p class="sub facts">{of.flatMap((fact) => (fact ? [<span key={fact}>{fact} </span>] : []))}</p>
);

export const Muted = ({ children }: { readonly children: ComponentChildren }) => <p class="muted">{children}</p>;

/** The server's time, which moves on every second while something on the screen counts. */
const ticking = signal(serverNow());
let listeners = 0;
let stopTicking = () => {};

function tick(): void {
  ticking.value = serverNow();
  // The next whole second of the server's clock, so that a countdown never skips one.
  stopTicking = after(1_000 - (serverNow() % 1_000), tick);
}

/** Returns the server's time, and renders again every second. */
export function useNow(): number {
  useEffect(() => {
    listeners += 1;
    if (listeners === 1) tick();
    return () => {
      listeners -= 1;
      if (listeners === 0) stopTicking();
    };
  }, []);
  // If nothing has counted for a while, `ticking` is old until the first tick.
  return Math.max(ticking.value, serverNow() - 1_000);
}
