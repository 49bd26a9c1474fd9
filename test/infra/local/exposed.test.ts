import { request } from 'node:http';
import { createServer, request as requestTls } from 'node:https';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { type GatewayOptions, startGateway } from '../../../infra/local/api-gateway.ts';
import { followRenewals, readCertificate } from '../../../infra/local/certificate.ts';
import { listenForPages } from '../../../infra/local/loopback.ts';
import { readReach } from '../../../infra/local/reach.ts';
import { certificateFiles, FIRST, RENEWED } from '../../support/infra/gym-certificates.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const INVITED = { ALLOWED_EMAILS: '@example.com' };

/** Starts a gateway with these settings. Its function answers with the source address of the request. */
async function start(environment: Record<string, string>, options: Partial<GatewayOptions> = {}) {
  const gateway = await startGateway({
    port: 0,
    reach: readReach({ ...INVITED, ...environment }),
    invoke: async (_name, event) => ({ payload: { statusCode: 200, body: sourceIp(event) } }),
    ...options,
  });
  stops.push(gateway.stop);
  return { url: gateway.url, port: Number(new URL(gateway.url).port) };
}

const sourceIp = (event: unknown) =>
  (event as { readonly requestContext: { readonly http: { readonly sourceIp: string } } }).requestContext.http.sourceIp;

async function get(
  port: number,
  headers: Record<string, string | string[]>,
  { ca, address = '127.0.0.1' }: { readonly ca?: Buffer; readonly address?: string } = {},
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: address, port, path: '/v1/health', headers, ...(ca && { ca, servername: 'gym.example' }) };
    const sent = (ca ? requestTls : request)(options, (answer) =>
      text(answer).then((body) => resolve({ status: answer.statusCode, body }), reject),
    );
    sent.on('error', reject).end();
  });
}

describe('the Host header', () => {
  test('beyond loopback, only this machine’s names and addresses, HOST and PUBLIC_URL are answered', async () => {
    const { port } = await start({ HOST: '0.0.0.0' }, { publicHost: () => 'public.example:8443' });
    const status = async (host: string) => (await get(port, { host })).status;

    for (const host of ['127.0.0.1', `localhost:${port}`, hostname(), `${hostname().toUpperCase()}.local:${port}`])
      expect([host, await status(host)]).toEqual([host, 200]);
    expect(await status('public.example:8443')).toBe(200);
    for (const host of [
      'evil.example',
      'public.example',
      '127.0.0.1.evil.example',
      'localhost@evil.example',
      '192.0.2.1',
    ])
      expect([host, await status(host)]).toEqual([host, 421]);
  });

  test('on loopback, this machine’s other names are refused too', async () => {
    const { port } = await start({});

    expect((await get(port, { host: 'localhost' })).status).toBe(200);
    expect((await get(port, { host: `${hostname()}.local` })).status).toBe(421);
  });
});

describe('the source address', () => {
  const ask = async (proxies: string, forwarded: string | string[]) => {
    const { port } = await start({ TRUSTED_PROXY: proxies });
    return (await get(port, { host: 'localhost', 'x-forwarded-for': forwarded })).body;
  };

  test.each([
    ['the proxy’s word', '127.0.0.1', '203.0.113.7', '203.0.113.7'],
    [
      'the last word, because the client wrote what stands before it',
      '127.0.0.1',
      '198.51.100.1, 203.0.113.7',
      '203.0.113.7',
    ],
    [
      'the word of the first of two proxies',
      '127.0.0.1,10.0.0.0/8',
      '198.51.100.1, 203.0.113.7, 10.1.2.3',
      '203.0.113.7',
    ],
    ['an IPv6 address', '127.0.0.0/8', '2001:db8::7', '2001:db8::7'],
    ['the proxy itself, if it names no address', '127.0.0.1', 'unknown', '127.0.0.1'],
    ['the proxy itself, if it says nothing', '127.0.0.1', '', '127.0.0.1'],
    ['the socket’s, if it is no trusted proxy’s', '192.0.2.1', '203.0.113.7', '127.0.0.1'],
  ])('%s', async (_name, proxies, forwarded, expected) => {
    expect(await ask(proxies, forwarded)).toBe(expected);
  });

  test('two headers are read as one', async () => {
    expect(await ask('127.0.0.1', ['198.51.100.1', '203.0.113.7'])).toBe('203.0.113.7');
  });

  test('on a socket of both families, an IPv4 client keeps its address', async () => {
    const { port } = await start({ HOST: '::', TRUSTED_PROXY: '192.0.2.1' });

    expect((await get(port, { host: 'localhost', 'x-forwarded-for': '203.0.113.7' })).body).toBe('127.0.0.1');
  });
});

describe('TLS', () => {
  /** Writes a certificate into files, which the test's end removes. */
  function files(content = FIRST) {
    const written = certificateFiles(content);
    stops.push(written.remove);
    return written;
  }
  const ca = Buffer.from(FIRST.cert);

  test('the API is reached by the names of its certificate, and by no other protocol', async () => {
    const { cert, key } = files();
    const { url, port } = await start({ HOST: '0.0.0.0', TLS_CERT: cert, TLS_KEY: key });

    expect(url).toBe(`https://gym.example:${port}`);
    expect((await get(port, { host: 'gym.example' }, { ca })).status).toBe(200);
    expect((await get(port, { host: 'www.gym.example' }, { ca })).status).toBe(200);
    expect((await get(port, { host: 'gym.evil.example' }, { ca })).status).toBe(421);
    await expect(get(port, { host: 'gym.example' })).rejects.toThrow();
  });

  test('a renewed certificate is used without a restart', async () => {
    const written = files();
    const server = createServer(readCertificate(written), (_request, response) => response.end());
    const { url, stop } = await listenForPages(server, 0);
    const renewed = Promise.withResolvers<void>();
    const look = (line: string) => line.includes('"certificate-renewed"') && renewed.resolve();
    const stopFollowing = followRenewals(server, written, look, 10);
    stops.push(stop, stopFollowing);

    // The files may be looked at for the first time only after they were written once: then that is no change.
    const writing = setInterval(() => written.write(RENEWED), 20);
    await renewed.promise.finally(() => clearInterval(writing));

    const answer = await get(Number(new URL(url).port), { host: 'gym.example' }, { ca: Buffer.from(RENEWED.cert) });
    expect(answer.status).toBe(200);
  });

  test('a certificate without its own key is refused', async () => {
    const [one, other] = [files(), files(RENEWED)];

    await expect(start({ TLS_CERT: one.cert, TLS_KEY: other.key })).rejects.toThrow('its own private key');
    await expect(start({ TLS_CERT: one.cert, TLS_KEY: '/nowhere' })).rejects.toThrow('TLS_KEY names a file');
  });
});
