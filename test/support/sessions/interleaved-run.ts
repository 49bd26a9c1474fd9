import type { Documents } from '../../../lib/platform/dynamodb.ts';
import { AppError } from '../../../lib/platform/errors.ts';
import { generateBackgroundFingerprint } from '../../../lib/sessions/fingerprint.ts';
import { isReserved, REFRESH_LOCK_TTL, type Session } from '../../../lib/sessions/session.ts';
import { type Act, DEVICES, type Story, type Which } from './actions.ts';
import { SALT } from './session-world.ts';
import { StoryWorld } from './story-world.ts';

/*
 * Runs a member's clients, the wheel, the firing function and the sweep concurrently. Their requests reach the database, and
 * AimHarder's answers reach them, in any order. Some requests are sent twice, as the SDK does after a lost answer. After every
 * write the invariants (invariants.ts) must hold.
 */

type ActOf<Kind extends Act['act']> = Extract<Act, { readonly act: Kind }>;
type Refresh = Extract<Act, { readonly act: 'refresh' | 'wheel' }>;

const never = new AbortController().signal;

/**
 * Plays a story.
 *
 * @param engine an empty database, because the clean-up deletes all ended and expired sessions.
 * @throws if an invariant is broken.
 */
export async function playStory(engine: Documents, { acts, choices, twice }: Story): Promise<void> {
  const world = new StoryWorld(engine, { choices, twice });
  const actors = new Actors(world);
  const run = (steps: ReadonlyArray<() => Promise<void>>) =>
    world.interleaving.run(steps, () => world.clock.advance(1));
  await run([() => actors.perform({ act: 'keep' }, 0)]);
  await run([() => actors.perform({ act: 'login', device: DEVICES[0], salt: SALT }, 0)]);
  await run(acts.map((act, number) => () => actors.perform(act, number)));
  await run([() => checkAtRest(world)]);
}

/** Performs the acts of a story, each of them an actor. */
class Actors {
  readonly #world: StoryWorld;
  /** The background session as a firing has read it. */
  #read: Session | undefined;

  constructor(world: StoryWorld) {
    this.#world = world;
  }

  /** @param number the number of the act, which gives each act a minute of its own. */
  async perform(act: Act, number: number): Promise<void> {
    const { kept, aimHarder, stores } = this.#world;
    switch (act.act) {
      case 'login':
        return this.#login(act);
      case 'logout':
        return this.#logout(act);
      case 'refresh':
        return this.#refresh(act, number);
      case 'wheel':
        return this.#runWheel(act, number);
      case 'use':
        return this.#use(act, number);
      case 'reserve':
        return this.#reserve(act);
      case 'end-background':
        return this.#endBackground(act);
      case 'clean-up':
        await stores.sessions.cleanupExpiredSessions();
        return;
      case 'keep':
        return kept.keep(this.#world.email, aimHarder.password);
      case 'forget':
        return kept.forget(this.#world.email);
      case 'change-password':
        aimHarder.password += '+';
        return kept.keep(this.#world.email, aimHarder.password);
      case 'time':
        return this.#world.passTime(act.passes);
    }
  }

  async #login({ device, salt }: ActOf<'login'>): Promise<void> {
    const { stores, email } = this.#world;
    await this.#world.login(device, salt).catch(unlessLater);
    this.#read = await stores.sessions.getBackgroundSession(email);
  }

  async #logout({ device }: ActOf<'logout'>): Promise<void> {
    const { stores, email } = this.#world;
    await stores.sessions.deleteSession(email, { sessionType: 'device', ...(device && { fingerprint: device }) });
  }

  async #refresh({ which, upstream, relogin }: Refresh, number: number): Promise<void> {
    const session = await this.#activeSession(which);
    if (!session) return;
    await this.#world.refresher({ upstream, relogin, by: `refresh ${number}` }).refresh(session, never);
  }

  async #runWheel({ which, upstream, relogin, again }: Refresh, number: number): Promise<void> {
    const minute = 1_000_000 + number;
    const aimHarder = this.#world.upstream({ upstream, relogin, by: `minute ${minute}` });
    const run = () => this.#world.runWheel(this.#key(which), minute, aimHarder);
    await this.#world.interleaving.sideBySide(again ? [run, run] : [run]);
  }

  async #use({ which }: ActOf<'use'>, number: number): Promise<void> {
    const { stores, interleaving, aimHarder } = this.#world;
    const session = await this.#activeSession(which);
    if (!session) return;
    const credentials = await stores.tokens.decrypt(session);
    await interleaving.gate();
    if (aimHarder.accepts(credentials)) return;
    const refresher = this.#world.refresher({ upstream: 'updated', relogin: 'updated', by: `use ${number}` });
    await refresher.awaitRenewal(session, never);
  }

  async #reserve({ forMs }: ActOf<'reserve'>): Promise<void> {
    const { stores, clock } = this.#world;
    if (this.#read?.sessionType === 'background') await stores.state.reserve(this.#read, clock.now() + forMs);
  }

  #endBackground({ confirmed }: ActOf<'end-background'>): Promise<void> {
    const { invariants, stores } = this.#world;
    const { email, fingerprint } = this.#key('background');
    return invariants.endBackground(confirmed, async () => {
      await stores.sessions.deleteSession(email, { fingerprint, confirmProtectedDeletion: confirmed });
    });
  }

  #key(which: Which) {
    const { email } = this.#world;
    return { email, fingerprint: which === 'background' ? generateBackgroundFingerprint(email, SALT) : which };
  }

  async #activeSession(which: Which): Promise<Session | undefined> {
    const session = await this.#world.stores.sessions.find(this.#key(which));
    return session?.state === 'active' ? session : undefined;
  }
}

/** A later login of the same device may be stored first. */
function unlessLater(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'session-changed')) throw error;
}

/** Checks what must be true once all actors have finished. */
async function checkAtRest(world: StoryWorld): Promise<void> {
  const { clock, email, aimHarder, invariants } = world;
  const { sessions, tokens } = world.stores;
  clock.advance(REFRESH_LOCK_TTL + 1);
  invariants.checkAtMostOneBackground(await sessions.getAllUserSessions(email));
  for (const session of await sessions.getAllUserSessions(email)) {
    if (session.state !== 'active' || isReserved(session, clock.now())) continue;
    const refresher = world.refresher({ upstream: 'updated', relogin: 'updated', by: 'rest' });
    const outcome = await refresher.tryRefresh(session, never);
    if (outcome?.kind !== 'refreshed') throw new Error(`a live session is stuck: ${outcome?.kind ?? 'not free'}`);
  }
  const { backgroundSession, warnings } = await world.login(DEVICES[0], SALT);
  if (warnings.length > 0) return;
  const latest = backgroundSession && (await tokens.decrypt(backgroundSession)).token;
  if (latest !== aimHarder.latestBackgroundToken) throw new Error('a login’s background session was not stored');
  invariants.checkAtMostOneBackground(await sessions.getAllUserSessions(email));
}
