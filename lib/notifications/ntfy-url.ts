/** Describes an acceptable URL of a topic in an error message. */
export const NTFY_URL_EXPECTED = 'the URL of a topic, such as https://ntfy.sh/my-secret-topic';

/** Matches the path of a topic's URL, and captures the topic's name (ntfy documentation, "Publishing"). */
const TOPIC_PATH = /^\/([-\w]{1,64})\/?$/;

/** Splits a topic's URL into the server that messages are posted to, and the topic. @returns undefined for any other text. */
export function splitNtfyUrl(text: string): { readonly server: string; readonly topic: string } | undefined {
  const url = URL.parse(text);
  const topic = url && TOPIC_PATH.exec(url.pathname)?.[1];
  return topic ? { server: `${url.origin}/`, topic } : undefined;
}

/**
 * Checks the form of a topic's URL. The host, its port and TLS are checked later (`setNotifications`), because a host that the
 * installation names (`NOTIFY_PRIVATE_HOSTS`) needs no TLS, and may be an IP address or on any port.
 */
export function isNtfyUrl(text: string): boolean {
  const url = URL.parse(text);
  if (!url || !['https:', 'http:'].includes(url.protocol) || splitNtfyUrl(text) === undefined) return false;
  return url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}
