import { SECOND } from '../../lib/platform/clock.ts';

/** How long a request may take, in milliseconds. A cold start takes half a second. */
const REQUEST_TIMEOUT = 15 * SECOND;

/** A request, and what its answer must have. @property text a part of the body. */
type Check = {
  /** What is checked, for the output. */
  readonly what: string;
  readonly path: string;
  readonly init?: RequestInit;
  readonly status: number;
  readonly headers: Readonly<Record<string, RegExp>>;
  readonly text: RegExp;
};

const PROBLEM = { 'content-type': /^application\/problem\+json/ };

/** The checks. They do not call AimHarder, and change nothing. */
const CHECKS: readonly Check[] = [
  {
    what: 'health',
    path: '/v1/health',
    status: 200,
    text: /"status":"ok"/,
    headers: { 'strict-transport-security': /max-age=\d+/, 'x-content-type-options': /^nosniff$/ },
  },
  { what: 'page', path: '/', status: 200, headers: { 'content-security-policy': /default-src 'self'/ }, text: /<html/ },
  {
    what: 'description',
    path: '/openapi.json',
    status: 200,
    text: /"openapi":"3\./,
    headers: { 'content-type': /^application\/json/ },
  },
  {
    what: 'a login that is refused',
    path: '/v1/login',
    status: 400,
    headers: PROBLEM,
    text: /"code":"invalid-request"/,
    init: { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
  },
  {
    what: 'a request without an access token',
    path: '/v1/sessions',
    status: 401,
    text: /"code":"unauthenticated"/,
    headers: { ...PROBLEM, 'www-authenticate': /^Bearer/ },
  },
  { what: 'an unknown route', path: '/v1/nothing', status: 404, headers: PROBLEM, text: /"code":"not-found"/ },
];

/** Makes one check. @returns the fault; undefined if there is none. */
async function findFault(origin: string, { path, init, status, headers, text }: Check): Promise<string | undefined> {
  try {
    const response = await fetch(new URL(path, origin), {
      ...init,
      redirect: 'manual',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT),
    });
    const body = await response.text();
    if (response.status !== status) return `status ${response.status} instead of ${status}`;
    const missing = Object.entries(headers).find(([name, value]) => !value.test(response.headers.get(name) ?? ''));
    if (missing) return `no header ${missing[0]} with ${missing[1]}`;
    return text.test(body) ? undefined : `a body without ${text}`;
  } catch (error) {
    return error instanceof Error ? error.message : 'no answer';
  }
}

/** `npm run smoke -- <url>`: checks after a deployment whether the service answers. @returns whether every check succeeds. */
async function main(url: string | undefined): Promise<boolean> {
  if (url === undefined || !URL.canParse(url)) {
    console.error('State the address to check: npm run smoke -- <url>. A deployment prints it as its output "Url".');
    return false;
  }
  let areAllFine = true;
  for (const check of CHECKS) {
    const fault = await findFault(url, check);
    console.log(fault === undefined ? `✓ ${check.what}` : `✗ ${check.what}: ${fault}`);
    if (fault !== undefined) areAllFine = false;
  }
  return areAllFine;
}

process.exitCode = (await main(process.argv[2])) ? 0 : 1;
