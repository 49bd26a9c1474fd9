import { composeDocuments } from '../lib/compose/base.ts';
import { composeAuthenticate, composeSessions } from '../lib/compose/sessions.ts';
import { memberApi } from '../lib/http/api.ts';
import { nextCursor } from '../lib/http/paging.ts';
import { SessionsQuery } from '../lib/sessions/session-api.ts';
import { sessionView } from '../lib/sessions/session-view.ts';

const sessions = composeSessions(process.env, composeDocuments());

/** GET /v1/sessions?limit=&cursor= → 200 `{sessions, nextCursor}`, by fingerprint. */
export const handler = memberApi(
  composeAuthenticate(sessions),
  { query: SessionsQuery },
  async ({ query: { limit, cursor } }, { email, fingerprint }) => {
    const { items, next } = await sessions.listSessions(email, { limit, after: cursor });
    return {
      status: 200,
      body: { sessions: items.map((session) => sessionView(session, fingerprint)), nextCursor: nextCursor(next) },
    };
  },
);
