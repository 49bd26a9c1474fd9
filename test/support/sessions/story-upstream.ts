import { type AimHarder, type AimHarderSession, UpstreamFailure } from '../../../lib/aimharder/client.ts';
import { answering } from '../aimharder/upstream.ts';
import type { Upstream } from './actions.ts';
import type { AimHarderModel } from './aimharder-model.ts';
import type { CallInvariants } from './call-invariants.ts';
import type { Interleaving } from './interleaving.ts';

export type UpstreamParts = {
  readonly interleaving: Interleaving;
  readonly aimHarder: AimHarderModel;
  readonly calls: CallInvariants;
};

/** How AimHarder answers a caller. */
export type Script = {
  readonly upstream: Upstream;
  readonly relogin: Upstream;
  /** The caller: the wheel asks once a minute for each session. */
  readonly by: string;
};

const timeout = () => new UpstreamFailure('upstream-timeout', 'late', { mayHaveTakenEffect: true });

/** Fakes AimHarder's client for a caller that keeps a session alive. Its answers pass through the gate. */
export function scriptedUpstream(parts: UpstreamParts, { upstream, relogin, by }: Script): AimHarder {
  const { interleaving, aimHarder, calls } = parts;
  const since = aimHarder.expiries;
  calls.begin(by);
  return answering({
    async updateToken(session) {
      const end = calls.beginRefresh(session, by, since);
      await interleaving.gate();
      end();
      return answerRefresh(parts, session, upstream, since);
    },
    // A refresh asks before it ends a background session.
    async whoAmI(session) {
      await interleaving.gate();
      return upstream === 'logout' ? { kind: 'nobody' } : { kind: 'member', session, boxes: [] };
    },
    async login({ fingerprint, password }) {
      calls.relogin();
      const isRight = password === aimHarder.password;
      await interleaving.gate();
      if (relogin === 'timeout') throw timeout();
      if (!isRight) return { kind: 'wrong-password' };
      return { kind: 'logged-in', session: aimHarder.logIn(fingerprint, { isRelogin: true }), boxes: [] };
    },
    setRefresh: async (session) => session,
  });
}

function answerRefresh(
  { interleaving, aimHarder }: UpstreamParts,
  session: AimHarderSession,
  upstream: Upstream,
  since: number,
) {
  if (upstream === 'dies') return interleaving.die();
  if (upstream === 'timeout') throw timeout();
  if (upstream === 'whoami') return { kind: 'unrenewed' };
  if (upstream === 'updated') return { kind: 'updated', session: aimHarder.renew(session, since) };
  aimHarder.refuse(session);
  return { kind: 'logged-out' };
}

/** Fakes AimHarder's client for a login of the member. @param made receives the sessions that AimHarder makes. */
export const loginUpstream = ({ interleaving, aimHarder }: UpstreamParts, made: AimHarderSession[]): AimHarder =>
  answering({
    async login({ fingerprint }) {
      await interleaving.gate();
      const session = aimHarder.logIn(fingerprint, { isRelogin: false });
      made.push(session);
      return { kind: 'logged-in', session, boxes: [] };
    },
    setRefresh: async (session) => session,
  });
