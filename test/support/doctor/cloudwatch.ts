import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { listenOnLoopback } from '../../../infra/local/loopback.ts';

/** Starts a CloudWatch that accepts every request. @property requests the requests' bodies, the oldest first. */
export async function startCloudWatch() {
  const requests: unknown[] = [];
  const server = createServer(async (request, response) => {
    requests.push(JSON.parse(await text(request)));
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
  });
  const { url, stop } = await listenOnLoopback(server);
  return { endpoint: url, requests, stop };
}
