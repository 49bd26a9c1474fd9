import type { ApiClient } from '../stories/api-client.ts';
import type { World } from '../stories/world.ts';
import { parseCalendar } from './feed.ts';

const HOUR = 3_600_000;

/** Creates a member with a feed. Like a calendar application, the test reads the feed with nothing but its URL. */
export async function subscriber(world: World) {
  const member = world.member();
  const phone = world.api.as(await world.login({ ...member, fingerprint: 'phone-12345' }));
  const url = await issueFeed(phone);
  const read = () => world.api.get(url);
  return { member, phone, url, read, events: async () => parseCalendar((await read()).text) };
}

/** Issues a feed of the member. @returns its URL. */
export async function issueFeed(phone: ApiClient): Promise<string> {
  const { status, text, body } = await phone.post('/v1/calendar');
  if (status !== 201) throw new Error(`calendar: ${status} ${text}`);
  return String(body['url']);
}

type Wanted = Awaited<ReturnType<World['addClass']>>;

export const addOpenClass = (world: World, wanted: Partial<Parameters<World['addClass']>[0]> = {}): Promise<Wanted> =>
  world.addClass({ opensInMs: -HOUR, ...wanted });

/** Books a class at once. @returns the answer's body. */
export const book = async (phone: ApiClient, { box, day, classId }: Wanted) =>
  (await phone.post('/v1/bookings', { box, day, classId })).body;
