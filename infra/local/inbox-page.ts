import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeEvent } from '../../lib/events/decode-event.ts';
import { type Message, writeMessage } from '../../lib/notifications/message.ts';
import type { Instant } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import type { Mail } from './ses.ts';

type Entry = Message & { readonly at: Instant; readonly what: string; readonly to: string };

/** The page shows so many. */
const KEPT = 200;

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
};

/** A page of what members are told: every event of the bus in plain words, and every mail. It asks nobody for anything. */
export function inboxPage({
  now,
  zoneOf,
  log,
}: {
  readonly now: () => Instant;
  readonly zoneOf: (box: string) => string;
  /** Takes a line for every message, without whom it is for. */
  readonly log: (line: string) => void;
}) {
  const entries: Entry[] = [];
  const add = (entry: Omit<Entry, 'at'>) => {
    entries.unshift({ ...entry, at: now() });
    entries.length = Math.min(entries.length, KEPT);
    log(JSON.stringify({ level: 'INFO', event: 'told', what: entry.what, subject: entry.subject }));
  };
  return {
    /** @param envelope an event as a rule's target gets it; what this version has no words for is left out. */
    addEvent(envelope: unknown) {
      const event = decodeEvent(envelope)?.event;
      if (event) add({ what: event.type, to: event.detail.email, ...writeMessage(event, { language: 'en', zoneOf }) });
    },
    addMail({ to, subject, text }: Mail) {
      add({ what: 'mail', to, subject, text });
    },
    /** @returns whether the page was asked for. */
    serve(request: IncomingMessage, response: ServerResponse): boolean {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      if (request.method !== 'GET' || pathname !== '/inbox') return false;
      response.writeHead(200, HEADERS).end(pageOf(entries));
      return true;
    },
  };
}

const pageOf = (entries: readonly Entry[]): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>On the Dot: inbox</title>
<link rel="icon" href="data:,">
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
  article { border-top: 1px solid #ccc; padding: .5rem 0 1rem }
  h2 { font-size: 1.1rem; margin: 0 }
  small { color: #555 }
  p { white-space: pre-line; margin: .5rem 0 0 }
</style>
<h1>Inbox</h1>
${entries.length === 0 ? '<p>Nobody has been told anything yet.</p>' : entries.map(articleOf).join('\n')}
</html>
`;

const articleOf = ({ at, what, to, subject, text }: Entry): string => `<article>
<small>${toIso(at)} · ${escaped(what)} · ${escaped(to)}</small>
<h2>${escaped(subject)}</h2>
<p>${escaped(text)}</p>
</article>`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
