import { prepareMember } from '../lib/bookings/as-member.ts';
import { ClassesQuery } from '../lib/bookings/booking-api.ts';
import { classView } from '../lib/bookings/class-view.ts';
import { listOwnClasses } from '../lib/bookings/classes.ts';
import { timezoneOf, timezonesFrom } from '../lib/boxes/settings.ts';
import { composeMemberApi } from '../lib/compose/member-api.ts';
import { composeUpstream } from '../lib/compose/upstream.ts';

const { base, memberRoute } = composeMemberApi(process.env);

const deps = composeUpstream(base);

const timezones = timezonesFrom(process.env);

/** GET /v1/classes?box=&day= → 200 `{box, day, classes}`. */
export const handler = memberRoute({ query: ClassesQuery }, async ({ query, signal }, caller) => {
  const { box, day } = query;
  const member = await prepareMember(deps, caller, box, signal);
  const classes = await listOwnClasses(deps, member, query, signal);
  return {
    status: 200,
    body: { box, day, classes: classes.map((listed) => classView(listed, day, timezoneOf({ timezones }, box))) },
  };
});
