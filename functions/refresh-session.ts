import { composeDocuments } from '../lib/compose/base.ts';
import { composeAuthenticate, composeSessions, composeUpstream } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { AppError, SessionDied } from '../lib/platform/errors.ts';
import { sessionView } from '../lib/sessions/session-view.ts';

const documents = composeDocuments();

const sessions = composeSessions(process.env, documents);

const { refresher } = composeUpstream(process.env, documents, sessions);

/** POST /v1/sessions/refresh → 200 `{session}`: the caller's device session, refreshed now. */
export const handler = memberApi(composeAuthenticate(sessions), {}, async ({ signal }, caller) => {
  const outcome = await refresher.refresh(caller, signal);
  switch (outcome.kind) {
    case 'refreshed':
      return { status: 200, body: { session: sessionView(outcome.session, caller.fingerprint) } };
    case 'failed':
      throw outcome.failure;
    case 'changed':
      if (!outcome.session) throw new SessionDied();
      throw new AppError('session-changed', 'The session was replaced meanwhile.');
    case 'ended':
      throw new SessionDied();
  }
});
