import { SessionStore } from '../../../lib/sessions/session-store.ts';
import { quiet } from '../aimharder/upstream.ts';
import { untilAnswered } from './api-client.ts';
import type { StoryParts } from './story-parts.ts';

export type Member = { readonly email: string; readonly password: string };

/** The members of a story, who log in over the API. */
export function storyMembers({ api, simulator, documents, clock }: StoryParts) {
  const sessions = new SessionStore({ documents, table: 'sessions', clock, logger: quiet });
  let members = 0;

  async function login(login: Member & { readonly fingerprint: string }): Promise<string> {
    const answer = await untilAnswered(() => api.post('/v1/login', login));
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
    return String(answer.body['accessToken']);
  }

  return {
    /** Makes up a member who has not logged in yet. */
    member(): Member {
      members += 1;
      return { email: `member-${members}-${simulator.demo.box}@example.com`, password: simulator.demo.password };
    },
    /** Logs in. @returns the access token. */
    login,
    /** Logs in a device that watches a pre-booking. Like any login, this renews a dead background session. */
    watcherOf: ({ email, password }: Member) => login({ email, password, fingerprint: 'watcher-12345' }),
    backgroundSessionOf: (email: string) => sessions.getBackgroundSession(email),
  };
}

export type StoryMembers = ReturnType<typeof storyMembers>;
