import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { isPageRequest, pathOf } from './page-request.ts';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>On the Dot: API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });</script>
</html>
`;

/** The files of the page, with their content types. */
const FILES: ReadonlyMap<string, string> = new Map([
  ['/docs/swagger-ui.css', 'text/css'],
  ['/docs/swagger-ui-bundle.js', 'text/javascript'],
]);

/**
 * Serves a page on which users read about the API and try it. The page loads only files of this machine.
 *
 * @returns false for any other request, which is not answered.
 */
export function serveDocs(request: IncomingMessage, response: ServerResponse): boolean {
  if (!isPageRequest(request)) return false;
  const path = pathOf(request);
  if (path === '/docs') {
    response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    return true;
  }
  const contentType = FILES.get(path);
  if (contentType === undefined) return false;
  response.writeHead(200, { 'content-type': contentType });
  const file = fileURLToPath(import.meta.resolve(`swagger-ui-dist${path.slice('/docs'.length)}`));
  createReadStream(file).pipe(response);
  return true;
}
