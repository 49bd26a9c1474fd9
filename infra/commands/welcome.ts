import type { Origins } from '../../lib/aimharder/origins.ts';
import { MINUTE } from '../../lib/platform/clock.ts';
import type { Reach } from '../local/reach.ts';
import type { Simulator } from '../simulator/control.ts';
import { chooseStartOpeningIn } from '../simulator/opens-soon.ts';

export type WelcomeOptions = {
  readonly url: string;
  /** The address that members use, if it differs from `url`. */
  readonly publicUrl: string | undefined;
  readonly reach: Reach;
  /** The AimHarder that the service uses; undefined if it uses the simulator. */
  readonly upstream: Origins | undefined;
  readonly simulator: Simulator | undefined;
  /** Whether mail leaves this machine. */
  readonly sendsMail: boolean;
};

/** Composes the text that `npm start` prints after its start. Adds a class to the simulator; the text shows how to order it. */
export async function prepareWelcome(options: WelcomeOptions): Promise<string> {
  const { url, publicUrl, reach, upstream, simulator } = options;
  const pages = reach.isExposed ? [] : [`its API         ${url}/docs`, `inbox           ${url}/inbox`];
  const lines = ['', `On the Dot      ${url}`, ...pages];
  if (publicUrl) lines.push(`for members     ${publicUrl}`);
  if (upstream) lines.push(`AimHarder       ${upstream.origin}`);
  if (reach.isExposed) lines.push(...describeExposure(options));
  if (simulator) lines.push(...(await addDemoClass(url, simulator)));
  return [...lines, '', 'Ctrl-C stops the service. Its data stays in the data folder.', ''].join('\n');
}

/** Lists what is off and what is missing in a service that other machines reach. */
function describeExposure({ publicUrl, reach, sendsMail }: WelcomeOptions): readonly string[] {
  const isUnencrypted = !reach.certificate && !publicUrl?.startsWith('https:');
  return [
    '/docs and /inbox are off, because other machines reach this one.',
    ...(sendsMail ? [] : ['Members get no mail. Set SMTP_URL to send it.']),
    ...(isUnencrypted
      ? ['Passwords travel in the clear. Set TLS_CERT and TLS_KEY, or TRUSTED_PROXY and PUBLIC_URL behind a proxy.']
      : []),
  ];
}

/** Adds a class that opens in five minutes. @returns the lines that show how to order it. */
async function addDemoClass(url: string, { addClass, now, demo, origins }: Simulator): Promise<readonly string[]> {
  const { box, day, classId, name, time, opensAt } = await addClass({
    ...chooseStartOpeningIn(now(), 5 * MINUTE),
    name: 'DEMO WOD',
  });
  const json = `-H 'content-type: application/json'`;
  return [
    `simulator       ${origins.origin}`,
    `demo login      ${demo.email} / ${demo.password} at the box ${box}`,
    '',
    // Users copy these lines. No command has a comment, because an interactive zsh (macOS) would pass it as arguments.
    `Log in, list the classes, and order ${name} at ${time}, which opens in five minutes:`,
    '',
    `TOKEN=$(curl -s ${url}/v1/login ${json} -d '{"email":"${demo.email}","password":"${demo.password}","fingerprint":"my-terminal"}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')`,
    `curl -s "${url}/v1/classes?box=${box}&day=${day}" -H "authorization: Bearer $TOKEN"`,
    `curl -s ${url}/v1/prebookings ${json} -H "authorization: Bearer $TOKEN" -d '{"box":"${box}","day":"${day}","classId":"${classId}","opensAt":"${opensAt}"}'`,
  ];
}
