import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeEvent } from '../../lib/events/decode-event.ts';
import { writeMessage } from '../../lib/notifications/message.ts';
import type { Instant } from '../../lib/platform/clock.ts';
import { toIso } from '../../lib/platform/dynamodb.ts';
import type { Entry, InboxStore } from './inbox-store.ts';
import type { Mail } from './mail.ts';
import { isPageRequest, pathOf } from './page-request.ts';

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
};

/**
 * Creates the page with the messages to members. There is a message for every event of the bus, and for every mail. The page
 * loads no other file.
 */
export function createInboxPage({
  store,
  now,
  zoneOf,
  log,
}: {
  readonly store: Pick<InboxStore, 'add' | 'list'>;
  readonly now: () => Instant;
  readonly zoneOf: (box: string) => string;
  /** Called with a line for every message. The line does not name the member. */
  readonly log: (line: string) => void;
}) {
  const addAndLog = (id: string, entry: Omit<Entry, 'receivedAt'>) => {
    // The store has an entry with this id if the same event was published before.
    if (!store.add(id, { ...entry, receivedAt: now() })) return;
    log(JSON.stringify({ level: 'INFO', event: 'inbox-message', kind: entry.kind, subject: entry.subject }));
  };
  return {
    /** Adds an event, in the form that the target of a rule gets. Ignores an event of an unknown type. */
    addEvent(delivered: unknown) {
      const event = decodeEvent(delivered)?.event;
      if (!event) return;
      const { eventId, email: to } = event.detail;
      addAndLog(`${event.type} ${eventId}`, {
        kind: event.type,
        to,
        // The inbox shows every event, so it will show when a place on the waitlist becomes a seat.
        ...writeMessage(event, { language: 'en', zoneOf, isToldOfSeat: true }),
      });
    },
    addMail({ to, subject, text }: Mail) {
      addAndLog(randomUUID(), { kind: 'mail', to, subject, text });
    },
    /** Serves the page. @returns false for a request of anything else, and then does not answer it. */
    serve(request: IncomingMessage, response: ServerResponse): boolean {
      if (!isPageRequest(request) || pathOf(request) !== '/inbox') return false;
      response.writeHead(200, HEADERS).end(renderPage(store.list()));
      return true;
    },
  };
}

const renderPage = (entries: readonly Entry[]): string => `<!doctype html>
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
${entries.length === 0 ? '<p>No messages yet.</p>' : entries.map(renderEntry).join('\n')}
</html>
`;

const renderEntry = ({ receivedAt, kind, to, subject, text }: Entry): string => `<article>
<small>${toIso(receivedAt)} · ${escapeHtml(kind)} · ${escapeHtml(to)}</small>
<h2>${escapeHtml(subject)}</h2>
<p>${escapeHtml(text)}</p>
</article>`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
