import { publicApi } from '../lib/http/api.ts';
import { AnyQuery, AssetPath } from '../lib/http/fields.ts';
import { fileReply, type ServedFile } from '../lib/http/file-reply.ts';

/** The files of the members' page by path, which the bundler inserts (infra/bundle). */
declare const PAGE_FILES: Readonly<Record<string, ServedFile>>;

/** With these headers, browsers load everything for the page from its own origin only, and let no site show it in a frame. */
const HEADERS = {
  'content-security-policy': "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  'referrer-policy': 'no-referrer',
};

const files = new Map(Object.entries(PAGE_FILES));

/** GET /, /assets/{file}, /manifest.webmanifest, /sw.js → 200 the file; 304 if the browser has this version already. */
export const handler = publicApi({ path: AssetPath, query: AnyQuery }, async ({ event }) =>
  fileReply(event, files.get(event.rawPath), HEADERS),
);
