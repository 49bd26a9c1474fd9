import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { configuredOrigin } from '../http/public-origin.ts';
import type { ChannelAdapter } from '../notifications/channel.ts';
import type { SendPost } from '../notifications/http-post.ts';
import { PushSubscriptions } from '../notifications/push-subscriptions.ts';
import { deriveVapidKey, type VapidKey } from '../notifications/vapid.ts';
import { pushChannel, pushSender } from '../notifications/web-push.ts';
import { CLIENT_LIMITS } from '../platform/aws-client.ts';
import { readRequired } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { pushSource } from '../platform/secrets.ts';
import { type Base, clock, composeKeys, composeTable } from './base.ts';

export const composeSubscriptions = (base: Base) =>
  new PushSubscriptions(composeTable(base, 'PUSH_SUBSCRIPTIONS_TABLE'));

/** Composes the function that returns the key pair by which push services know this installation. */
export function composeVapidKey({ environment }: Base): () => Promise<VapidKey> {
  const { PUSH_SECRET_ID } = readRequired(environment, 'PUSH_SECRET_ID');
  const secret = pushSource(new SecretsManagerClient(CLIENT_LIMITS), PUSH_SECRET_ID, { clock, logger });
  return async () => deriveVapidKey((await secret()).vapidSecret);
}

/** Composes the channel of Web Push. @param post sends a request to a push service. */
export const composePushChannel = (base: Base, post: SendPost): ChannelAdapter =>
  pushChannel({
    subscriptions: composeSubscriptions(base),
    secrets: composeKeys(base),
    send: pushSender({ post, vapidKey: composeVapidKey(base), subject: subjectFrom(base), clock }),
  });

/**
 * Returns the address at which a push service can reach the operator (the VAPID subject). Apple's service refuses a subject that is
 * neither `mailto:` nor `https:`. An installation that has neither `MAIL_FROM` nor an https origin names an address that belongs
 * to nobody (RFC 2606).
 */
function subjectFrom({ environment }: Base): string {
  const { MAIL_FROM: mail } = environment;
  const origin = configuredOrigin(environment);
  if (mail) return `mailto:${mail}`;
  return origin?.startsWith('https:') ? origin : 'mailto:operator@example.com';
}
