import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>On the Dot: API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true });</script>
</html>
`;

const FILES: Readonly<Record<string, string>> = {
  '/docs/swagger-ui.css': 'text/css',
  '/docs/swagger-ui-bundle.js': 'text/javascript',
};

/** The API's description as a page to read and try, all of it from this machine. @returns whether it was asked for. */
export function serveDocs(request: IncomingMessage, response: ServerResponse): boolean {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (request.method !== 'GET') return false;
  if (pathname === '/docs') {
    response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    return true;
  }
  const contentType = FILES[pathname];
  if (contentType === undefined) return false;
  response.writeHead(200, { 'content-type': contentType });
  const file = fileURLToPath(import.meta.resolve(`swagger-ui-dist${pathname.slice('/docs'.length)}`));
  createReadStream(file).pipe(response);
  return true;
}
