import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { boundPort } from '../../../infra/local/loopback.ts';

/** A mail as the receiver got it. @property login the user and password that the client gave. */
type ReceivedMail = {
  readonly from: string;
  readonly to: string;
  readonly content: string;
  readonly login: string;
};

/** The replies that the receiver gives, by the client's command. `hang` gives none. */
type Replies = Partial<Record<'MAIL' | 'RCPT' | 'DATA' | 'AUTH' | '.', string>>;

/** Starts a mail server (RFC 5321) of the test's own on loopback. It has no TLS. */
export async function startSmtpReceiver() {
  const mails: ReceivedMail[] = [];
  let replies: Replies = {};
  let onMail: () => void = () => undefined;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    converse(
      socket,
      () => replies,
      (mail) => {
        mails.push(mail);
        onMail();
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    mails: mails as readonly ReceivedMail[],
    port: boundPort(server),
    reply(to: Replies) {
      replies = to;
    },
    /** Calls back after each mail, before it is acknowledged. */
    whenReceived(callback: () => void) {
      onMail = callback;
    },
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function converse(socket: Socket, replies: () => Replies, receive: (mail: ReceivedMail) => void): void {
  const say = (line: string) => void (line === 'hang' || socket.write(`${line}\r\n`));
  let [from, to, login] = ['', '', ''];
  let content: string[] | undefined;
  say('220 receiver ESMTP');
  createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
    if (content && line !== '.') return void content.push(line.replace(/^\.\./, '.'));
    const verb = line === '.' ? '.' : line.slice(0, 4).toUpperCase();
    const { [verb as keyof Replies]: reply } = replies();
    if (verb === 'MAIL') from = /<(.*)>/.exec(line)?.[1] ?? '';
    if (verb === 'RCPT') to = /<(.*)>/.exec(line)?.[1] ?? '';
    if (verb === 'AUTH')
      login = Buffer.from(line.split(' ').at(-1) ?? '', 'base64')
        .toString()
        .replaceAll('\0', ' ')
        .trim();
    if (verb === 'DATA' && !reply) content = [];
    if (verb === '.' && !reply) receive({ from, to, login, content: (content ?? []).join('\n') });
    if (verb === '.') content = undefined;
    say(reply ?? ANSWERS[verb] ?? '250 OK');
  });
}

const ANSWERS: Readonly<Record<string, string>> = {
  EHLO: '250-receiver\r\n250-AUTH PLAIN\r\n250 SIZE 1000000',
  AUTH: '235 welcome',
  DATA: '354 go on',
  QUIT: '221 bye',
};
