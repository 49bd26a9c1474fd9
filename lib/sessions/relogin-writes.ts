import { buildItem, type NewSession, type NewSessionDeps, storeBackground } from './new-session.ts';
import type { BackgroundSession, Session } from './session.ts';

/** Stores sessions after a relogin. */
export class ReloginWrites {
  readonly #deps: NewSessionDeps;

  constructor(deps: NewSessionDeps) {
    this.#deps = deps;
  }

  /**
   * Replaces a dead background session with the session that a relogin has made.
   *
   * @returns undefined if the dead session was deleted or replaced meanwhile.
   */
  async replaceDead(dead: BackgroundSession, fresh: NewSession): Promise<Session | undefined> {
    return storeBackground(this.#deps, await buildItem(this.#deps, fresh), 'tokenVersion = :seen', {
      ':seen': dead.tokenVersion,
    });
  }
}
