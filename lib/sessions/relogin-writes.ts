import { type NewSession, type NewSessionDeps, newItem, storeBackground } from './new-session.ts';
import type { BackgroundSession, Session } from './session.ts';

/** Stores what logins with a kept password have made. */
export class ReloginWrites {
  readonly #deps: NewSessionDeps;

  constructor(deps: NewSessionDeps) {
    this.#deps = deps;
  }

  /**
   * Replaces a dead background session with the one that a login with the kept password has made.
   *
   * @returns undefined if the dead session was deleted or replaced meanwhile.
   */
  async replaceDead(dead: BackgroundSession, fresh: NewSession): Promise<Session | undefined> {
    return storeBackground(this.#deps, await newItem(this.#deps, fresh), 'tokenVersion = :seen', {
      ':seen': dead.tokenVersion,
    });
  }
}
