import * as z from 'zod/mini';

/** What the calendar routes accept. Unknown fields are refused. */

/** Any text: what is not the name of a feed is not found. */
export const FeedPath = z.object({ feed: z.string() });

const FEED = /^([A-Za-z0-9_-]{43})\.ics$/;

/** The last segment of a feed's path. A path parameter is a whole segment, so the ending is part of it. */
export const formatFeedName = (secret: string): string => `${secret}.ics`;

export const parseFeedName = (feed: string): string | undefined => FEED.exec(feed)?.[1];
