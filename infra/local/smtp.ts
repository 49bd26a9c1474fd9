import { SECOND } from '../../lib/platform/clock.ts';
import { isLoopbackHost } from './loopback.ts';
import type { Mail } from './mail.ts';
import { MailRefused } from './ses.ts';
import { WrongSetting } from './wrong-setting.ts';

/** Sends a mail. @throws MailRefused if the server does not accept it. */
export type SendMail = (mail: Mail, from: string) => Promise<void>;

/** A client of a mail server. */
export type Smtp = {
  readonly send: SendMail;
  /** The user in SMTP_URL, if that is an e-mail address. Mail comes from it, unless MAIL_FROM is set. */
  readonly sender: string | undefined;
};

/** How long each step of SMTP may take, in milliseconds. The function that sends the mail waits for 15 s in all. */
const STEP_TIMEOUT = 4 * SECOND;

/** SES's answers to a mail that the mail server has refused for good, and to one that it may accept later. */
const PERMANENT = { status: 400, type: 'MessageRejected' };
const TRANSIENT = { status: 503, type: 'ServiceUnavailable' };

/**
 * Creates a client of the mail server in `SMTP_URL`, such as `smtps://you%40example.com:password@smtp.example.com`. A password
 * is sent over TLS only, except to this machine.
 *
 * @param log is called with a line for every failure. The line names no address.
 * @throws WrongSetting if the URL is malformed.
 */
export async function createSmtpClient(url: string, log: (line: string) => void): Promise<Smtp> {
  const { user, hostname, ...server } = parseSmtpUrl(url);
  // The package is loaded here, so that an installation without a mail server does not load it.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    ...server,
    host: hostname,
    requireTLS: server.auth !== undefined && !isLoopbackHost(hostname),
    connectionTimeout: STEP_TIMEOUT,
    greetingTimeout: STEP_TIMEOUT,
    socketTimeout: STEP_TIMEOUT,
    dnsTimeout: STEP_TIMEOUT,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    sender: user.includes('@') ? user : undefined,
    async send({ to, subject, text }, from) {
      try {
        await transport.sendMail({ from, to, subject, text });
      } catch (error) {
        const { code, isPermanent } = classifyFailure(error);
        log(JSON.stringify({ level: 'ERROR', event: 'mail-not-sent', code, isPermanent }));
        throw new MailRefused(isPermanent ? PERMANENT : TRANSIENT);
      }
    },
  };
}

/**
 * Finds the address that mail comes from. A mail server refuses mail from an address that is not the operator's.
 *
 * @param smtp undefined if mail stays in the inbox of this machine.
 * @param mailFrom the setting `MAIL_FROM`.
 * @returns undefined if mail stays here, and `MAIL_FROM` is not set.
 * @throws WrongSetting if mail is sent, and there is no address.
 */
export function findSender(smtp: Smtp | undefined, mailFrom: string | undefined): string | undefined {
  const sender = mailFrom || smtp?.sender;
  if (smtp && !sender?.includes('@'))
    throw new WrongSetting('Set MAIL_FROM to the address that mail comes from: the user in SMTP_URL is no address.');
  return sender;
}

function parseSmtpUrl(text: string) {
  const url = URL.parse(text);
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '')
    throw new WrongSetting('SMTP_URL must be an address such as smtps://you%40example.com:password@smtp.example.com.');
  const [user, pass] = [decode(url.username), decode(url.password)];
  const secure = url.protocol === 'smtps:';
  return {
    user,
    secure,
    // A URL has brackets around an IPv6 address, which do not belong to the address.
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    // The standard ports for mail from clients: with TLS from the start, or with TLS on demand.
    port: Number(url.port) || (secure ? 465 : 587),
    ...(user !== '' && { auth: { user, pass } }),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new WrongSetting('The user and password in SMTP_URL must be percent-encoded: %25 stands for %, %40 for @.');
  }
}

/**
 * Decides whether a failure is permanent. The server's refusal of an address or of the message is permanent (nodemailer's code
 * EENVELOPE or EMESSAGE, with a status from 500 on). A refused login is not, because the operator may correct the password.
 */
function classifyFailure(error: unknown): { readonly code: string; readonly isPermanent: boolean } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const status = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0;
  return { code, isPermanent: status >= 500 && ['EENVELOPE', 'EMESSAGE'].includes(code) };
}
