import * as z from 'zod/mini';
import { SECOND } from '../platform/clock.ts';
import { parseJson } from '../platform/json.ts';
import { cutText } from '../platform/text.ts';
import { LONGEST_PAUSE } from './backoff.ts';
import type { SendResult } from './channel.ts';
import type { PostAnswer, SendPost } from './http-post.ts';
import type { SendTo } from './receiver-channel.ts';

const ORIGIN = 'https://api.telegram.org';

/** Names the receiver for its member. Its address, a chat id, would tell the member nothing. */
export const telegramName = () => 'Telegram';

/** The longest text of a message, in UTF-16 units (Telegram Bot API, "sendMessage"). */
const LONGEST_TEXT = 4_096;

/** An answer of the Telegram Bot API ("Making requests", "ResponseParameters"). */
const BotAnswer = z.object({
  ok: z.optional(z.boolean()),
  description: z.optional(z.string()),
  parameters: z.optional(z.object({ retry_after: z.optional(z.number()) })),
});

/** What the description of a lasting refusal contains, and the word that the member sees instead. */
const REFUSALS: readonly (readonly [contained: string, fault: string])[] = [
  ['chat not found', 'chat-not-found'],
  ['user not found', 'chat-not-found'],
  ['upgraded to a supergroup', 'chat-migrated'],
];

/**
 * Creates a function that sends a message with the member's own bot.
 *
 * @param origin the origin of a test's server, instead of Telegram's. No member can set it.
 */
export const telegramSender =
  (post: SendPost, origin = ORIGIN): SendTo =>
  async ({ address: chatId, secret: botToken }, { subject, text, link }, signal): Promise<SendResult> => {
    const body = JSON.stringify({
      chat_id: chatId,
      text: cutText([subject, '', text, ...(link === null ? [] : ['', link])].join('\n'), LONGEST_TEXT),
      // An entity makes the subject bold, because with Markdown or HTML the texts would have to be escaped.
      entities: [{ type: 'bold', offset: 0, length: subject.length }],
      link_preview_options: { is_disabled: true },
    });
    const url = `${origin}/bot${botToken}/sendMessage`;
    const headers = { 'content-type': 'application/json' };
    return judge(await post({ url, headers, body, readsBody: true }, signal));
  };

function judge(answer: PostAnswer): SendResult {
  if (answer.kind === 'fault') return { kind: 'failed', fault: answer.fault, retryAfter: 0 };
  const { status } = answer;
  const { ok, description = '', parameters = {} } = BotAnswer.safeParse(parseJson(answer.body)).data ?? {};
  // With status 200 and an incomplete body, Telegram has accepted the message all the same: another try would send it twice.
  if (status === 200 && ok !== false) return { kind: 'delivered' };
  // The token is unknown (401, 404), or the member has blocked the bot (403).
  if (status === 401 || status === 404) return { kind: 'gone', fault: 'bot-not-found' };
  if (status === 403) return { kind: 'gone', fault: 'blocked' };
  const [, fault] = REFUSALS.find(([contained]) => description.includes(contained)) ?? [];
  if (status === 400 && fault !== undefined) return { kind: 'gone', fault };
  const wait = Math.max(0, parameters.retry_after ?? 0) * SECOND;
  return {
    kind: 'failed',
    fault: `status-${status}`,
    retryAfter: Math.min(Math.max(wait, answer.retryAfter), LONGEST_PAUSE),
  };
}
