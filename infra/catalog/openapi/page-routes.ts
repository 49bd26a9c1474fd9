import { AssetPath } from '../../../lib/http/fields.ts';
import type { RouteDescription } from './route-description.ts';

const UNCHANGED = { description: 'The file has not changed since the ETag given.', headers: ['ETag'] };

export const PAGE_ROUTES = {
  'GET /': {
    summary: 'Open the members’ page',
    tag: 'Service',
    responses: {
      200: { description: 'The page.', contentType: 'text/html', headers: ['ETag'] },
      304: UNCHANGED,
    },
    problems: [],
  },
  'GET /assets/{file}': {
    summary: 'Get a file of the page; its name changes with its content',
    tag: 'Service',
    path: AssetPath,
    responses: {
      200: { description: 'The file.', contentType: '*/*', headers: ['ETag'] },
      304: UNCHANGED,
    },
    problems: ['not-found'],
  },
  'GET /manifest.webmanifest': {
    summary: 'Get the web app manifest, with which a phone installs the page',
    tag: 'Service',
    responses: {
      200: { description: 'The manifest.', contentType: 'application/manifest+json', headers: ['ETag'] },
      304: UNCHANGED,
    },
    problems: [],
  },
  'GET /sw.js': {
    summary: 'Get the service worker, which opens the page without a network',
    tag: 'Service',
    responses: {
      200: { description: 'The script.', contentType: 'text/javascript', headers: ['ETag'] },
      304: UNCHANGED,
    },
    problems: [],
  },
} as const satisfies Readonly<Record<string, RouteDescription>>;
