import { type PostOptions, poster } from '../../../lib/notifications/http-post.ts';
import { systemClock } from '../../../lib/platform/system-clock.ts';
import { loopback, type Receiver } from './receiver.ts';

export const unhurried = new AbortController().signal;

/** Creates what posts to a receiver on loopback, which counts as public. */
export const postTo = ({ ca }: Receiver, options: Partial<PostOptions> = {}) =>
  poster({ clock: systemClock, resolver: loopback, ca, ...options });
