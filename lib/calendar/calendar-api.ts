import * as z from 'zod/mini';
import { AnyId, integerInQuery } from '../http/fields.ts';

/** The longest time between an alarm and its class, in minutes: a day. */
const LONGEST_ALARM = 1_440;

/** What the feed accepts. The calendar application may add other parameters. */
export const FeedQuery = z.object({ alarmMinutes: z.optional(integerInQuery(1, LONGEST_ALARM)) });

/** Accepts any feed name. A feed that does not exist is answered with 404. */
export const FeedPath = z.object({ feed: AnyId });

/** Matches a secret of 32 bytes in base64url, and the extension. */
const FEED_NAME = /^([A-Za-z0-9_-]{43})\.ics$/;

/** Formats the last segment of a feed's URL. API Gateway passes whole segments, so the extension is part of the segment. */
export const formatFeedName = (secret: string): string => `${secret}.ics`;

/** Returns the secret in the last segment of a feed's URL, or undefined if the segment has another form. */
export const parseFeedName = (feed: string): string | undefined => FEED_NAME.exec(feed)?.[1];
