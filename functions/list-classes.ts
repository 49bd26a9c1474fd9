import { prepareMember } from '../lib/bookings/as-member.ts';
import { ClassesQuery } from '../lib/bookings/booking-api.ts';
import { daysFrom } from '../lib/boxes/opening.ts';
import { timezoneOf } from '../lib/boxes/settings.ts';
import { composeListClasses } from '../lib/compose/listings.ts';
import { composeMemberApi } from '../lib/compose/member-api.ts';
import { classView } from '../lib/listings/class-view.ts';
import { listMemberClasses } from '../lib/listings/list-member-classes.ts';
import { settleAll } from '../lib/platform/settle-all.ts';

const { base, memberRoute, memberLimits } = composeMemberApi(process.env);

const deps = composeListClasses(base);

/**
 * GET /v1/classes?box=&day=&days=&familyId= → 200 `{box, boxName, timezone, day, classes}`: the classes of `days` days from `day`
 * on. AimHarder is asked once for each day, so the request counts as `days` requests against the member's limit.
 */
export const handler = memberRoute({ query: ClassesQuery }, async ({ query, signal }, caller) => {
  const { box, day, days, familyId } = query;
  const loadClasses = async () => {
    const member = await prepareMember(deps, caller, box, signal);
    const classes = await listMemberClasses(deps, member, { box, days: daysFrom(day, days), familyId }, signal);
    return { member, classes };
  };
  // `memberRoute` has counted the first day. The others are counted before AimHarder is asked, because this call throws if the
  // member is beyond the limit.
  const counted = memberLimits.countRequest(caller.email, days - 1);
  const [{ member, classes }] = await settleAll([loadClasses(), counted]);
  const now = deps.clock.now();
  return {
    status: 200,
    body: {
      box,
      boxName: member.box.name,
      timezone: timezoneOf(deps.boxSettings, box),
      day,
      classes: classes.map((listed) => classView(listed, now)),
    },
  };
});
