import { type ApiRequest, memberApi, type Reply } from '../http/api.ts';
import type { DecodedRequest, RequestSchemas } from '../http/decode.ts';
import type { Environment } from '../platform/environment.ts';
import { authenticate } from '../sessions/access-token.ts';
import type { DeviceSession } from '../sessions/session.ts';
import { clock, composeBase } from './base.ts';
import { withSessions } from './sessions.ts';

/** Composes the common parts of the members' routes: the sessions, and `memberRoute`, which authenticates the caller. */
export function composeMemberApi(environment: Environment) {
  const base = withSessions(composeBase(environment));
  return {
    base,
    /** @param accepted the schemas of the parts that the route accepts; a request with any other part is refused. */
    memberRoute: <Parts extends RequestSchemas>(
      accepted: Parts,
      route: (request: ApiRequest & DecodedRequest<Parts>, caller: DeviceSession) => Promise<Reply>,
    ) => memberApi((bearer) => authenticate(base.sessions, bearer, clock.now()), accepted, route),
  };
}
