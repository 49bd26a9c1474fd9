import { cutText } from '../platform/text.ts';
import type { Note, SendResult } from './channel.ts';
import { judgeStatus, type SendPost } from './http-post.ts';
import { splitNtfyUrl } from './ntfy-url.ts';
import type { SendTo } from './receiver-channel.ts';

/**
 * How a message looks and sounds: its priority (1 to 5, 3 is usual), and the tag that ntfy shows as a symbol.
 *
 * Source: ntfy documentation, "Message priority", "Tags & emojis".
 */
const LOOKS: Readonly<Record<Note['kind'], readonly [priority: number, tag: string]>> = {
  booked: [3, 'white_check_mark'],
  waitlisted: [3, 'hourglass_flowing_sand'],
  promoted: [4, 'tada'],
  failed: [4, 'x'],
  uncertain: [4, 'question'],
  'login-needed': [5, 'key'],
  'routine-blocked': [4, 'warning'],
  'routine-cleared': [3, 'white_check_mark'],
  'wake-up-late': [2, 'turtle'],
  'wake-up-lost': [2, 'turtle'],
  test: [3, 'bell'],
  'channel-disabled': [4, 'no_bell'],
};

/** The longest message, in bytes. ntfy turns one of more than 4,096 bytes into a file (ntfy documentation, "Limitations"). */
const LONGEST_MESSAGE = 4_000;

/** Statuses after which only the member can help: the token is wrong, may not write to the topic, or the topic is gone. */
const REFUSED = [401, 403, 410];

/**
 * Creates a function that publishes a message to a topic of ntfy, as JSON, because HTTP headers cannot carry every letter.
 *
 * Source: ntfy documentation, "Publish as JSON", "Access tokens".
 */
export const ntfySender =
  (post: SendPost): SendTo =>
  async ({ address, secret: token }, { kind, subject, text, link }, signal): Promise<SendResult> => {
    // A stored address always has a topic (`isNtfyUrl`), so the defaults are only for the types.
    const { server = '', topic } = splitNtfyUrl(address) ?? {};
    const [priority, tag] = LOOKS[kind];
    const body = JSON.stringify({
      topic,
      title: subject,
      message: shorten(text),
      priority,
      tags: [tag],
      ...(link !== null && { click: link }),
    });
    const headers = {
      'content-type': 'application/json',
      ...(token !== null && { authorization: `Bearer ${token}` }),
    };
    return judgeStatus(await post({ url: server, headers, body }, signal), REFUSED);
  };

/** Shortens a text to what ntfy accepts, by 100 characters at a time. */
function shorten(text: string): string {
  let short = text;
  while (Buffer.byteLength(short) > LONGEST_MESSAGE) short = cutText(short, -100);
  return short;
}
