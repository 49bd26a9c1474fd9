import { composeAuthenticate, composeDocuments, composePrebookings, composeSessions } from '../lib/compose.ts';
import { memberApi } from '../lib/http/api.ts';
import { decodeQuery } from '../lib/http/decode.ts';
import { PrebookingsQuery } from '../lib/prebookings/prebooking-api.ts';
import { presentPrebookings } from '../lib/prebookings/present.ts';

const documents = composeDocuments();
const sessions = composeSessions(process.env, documents);
const prebookings = composePrebookings(process.env, documents);

/** GET /v1/prebookings?status= → 200 `{prebookings}`, those that open last first. */
export const handler = memberApi(composeAuthenticate(sessions), async ({ event }, { email }) => {
  const { status } = decodeQuery(event, PrebookingsQuery);
  const wanted = (await prebookings.list(email)).filter(
    (prebooking) => status === undefined || prebooking.status === status,
  );
  const sorted = wanted.toSorted((one, other) => other.opensAt - one.opensAt);
  return { status: 200, body: { prebookings: await presentPrebookings(sessions, email, sorted) } };
});
