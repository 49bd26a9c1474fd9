import { type ApiRequest, memberApi, type Reply } from '../http/api.ts';
import type { DecodedRequest, RequestSchemas } from '../http/decode.ts';
import { MemberLimits } from '../http/member-limits.ts';
import type { Environment } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { RateLimits } from '../platform/rate-limits.ts';
import { authenticate } from '../sessions/access-token.ts';
import type { DeviceSession } from '../sessions/session.ts';
import { clock, composeBase, composeTable } from './base.ts';
import { withSessions } from './sessions.ts';

type MemberRoute<Parts extends RequestSchemas> = (
  request: ApiRequest & DecodedRequest<Parts>,
  caller: DeviceSession,
) => Promise<Reply>;

/**
 * Composes the parts that the members' routes share: the base, and functions that create a route. Such a route authenticates the
 * caller and counts the request against the member's limits.
 */
export function composeMemberApi(environment: Environment) {
  const base = withSessions(composeBase(environment));
  const limits = new RateLimits({ ...composeTable(base, 'LIMITS_TABLE'), clock });
  const memberLimits = new MemberLimits({ limits, clock, logger });
  const access = {
    authenticate: (bearer: string | undefined) => authenticate(base.sessions, bearer, clock.now()),
    count: ({ email }: DeviceSession) => memberLimits.countRequest(email),
  };
  /** @param accepted the schemas of the parts that the route accepts; a request with any other part is refused. */
  const memberRoute = <Parts extends RequestSchemas>(accepted: Parts, route: MemberRoute<Parts>) =>
    memberApi(access, accepted, route);
  return {
    base,
    memberRoute,
    /** Creates a route that orders or books a class, or cancels a booking. It has a limit of its own: it may reach AimHarder. */
    orderRoute: <Parts extends RequestSchemas>(accepted: Parts, route: MemberRoute<Parts>) =>
      memberRoute(accepted, async (request, caller) => {
        await memberLimits.countOrder(caller.email);
        return route(request, caller);
      }),
    /** Creates a route that sends test messages. It has a limit of its own. */
    testRoute: <Parts extends RequestSchemas>(accepted: Parts, route: MemberRoute<Parts>) =>
      memberRoute(accepted, async (request, caller) => {
        await memberLimits.countTest(caller.email);
        return route(request, caller);
      }),
    /** Counts further requests of a member: a request that asks AimHarder several times counts several times. */
    memberLimits,
  };
}
