import { composeMemberApi } from '../lib/compose/member-api.ts';
import { nextCursor } from '../lib/http/paging.ts';
import { SessionsQuery } from '../lib/sessions/session-api.ts';
import { sessionView } from '../lib/sessions/session-view.ts';

const { base, memberRoute } = composeMemberApi(process.env);

/** GET /v1/sessions?limit=&cursor= → 200 `{sessions, nextCursor}`, sorted by fingerprint. */
export const handler = memberRoute({ query: SessionsQuery }, async ({ query: { limit, cursor } }, caller) => {
  const { items, next } = await base.sessions.listSessions(caller.email, { limit, after: cursor });
  return {
    status: 200,
    body: { sessions: items.map((session) => sessionView(session, caller.fingerprint)), nextCursor: nextCursor(next) },
  };
});
