import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import type { Act } from './hostile-server.ts';

/**
 * A way to answer a request that does not end well, or not as HTTP has it.
 *
 * - `answers`: the answer is whole for all that, and may be believed.
 * - `fails`: no usable answer comes, and the connection tells.
 * - `hangs`: no usable answer comes, and only the client's deadline ends the request.
 */
export type Hostility = { readonly name: string; readonly ends: 'answers' | 'fails' | 'hangs'; readonly act: Act };

const CRLF = '\r\n';
const head = (status: string, ...headers: readonly string[]): string =>
  [`HTTP/1.1 ${status}`, ...headers, '', ''].join(CRLF);

/** An answer as it should be. */
export const wholeAnswer = (body: string, ...headers: readonly string[]): string =>
  head('200 OK', `content-length: ${Buffer.byteLength(body)}`, ...headers) + body;

export const says =
  (answer: string | Uint8Array): Act =>
  (socket) =>
    void socket.write(answer);
const saysAndEnds =
  (answer: string | Uint8Array): Act =>
  (socket) =>
    void socket.end(answer);

/** Sends pieces without end, a round of the event loop apart, until the client hangs up. */
const endless =
  (begin: string, piece: (index: number) => string | Uint8Array): Act =>
  async (socket, sent) => {
    socket.write(begin);
    for (let index = 0; !socket.destroyed; index += 1) {
      socket.write(piece(index));
      sent();
      await roundOf(socket);
    }
  };

/** Waits a round of the event loop, or longer if the client does not read. */
const roundOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (!socket.writableNeedDrain) return void setImmediate(resolve);
    socket.once('drain', resolve);
    socket.once('close', () => resolve());
  });

/** Sends an answer byte by byte, and never the last one. */
const drip =
  (answer: string): Act =>
  async (socket, sent) => {
    for (let index = 0; !socket.destroyed; index += 1) {
      if (index < answer.length - 1) socket.write(answer.charAt(index));
      sent();
      await roundOf(socket);
    }
  };

/** Resets a connection. One over TLS ends without a farewell instead: Node cannot reset it. */
const reset = (socket: Socket): unknown => (socket instanceof TLSSocket ? socket.destroy() : socket.resetAndDestroy());

/** Sends the first bytes of an answer and resets the connection. */
export const resetAfter =
  (answer: string, bytes: number): Act =>
  (socket) => {
    if (bytes === 0) reset(socket);
    else socket.write(answer.slice(0, bytes), () => setImmediate(() => reset(socket)));
  };

const bomb = gzipSync(Buffer.alloc(20_000_000));
const lines = (count: number, line: (index: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, index) => line(index));

type Acts = Readonly<Record<string, Act>>;

const cookie = (index: number): string => `set-cookie: c${index}=${'v'.repeat(20)}; Domain=.aimharder.com`;
const lengthOf = (body: string): string => `content-length: ${Buffer.byteLength(body)}`;
const chunkOf = (body: string): string => `${Buffer.byteLength(body).toString(16)}${CRLF}${body}${CRLF}`;
const CHUNKED = head('200 OK', 'transfer-encoding: chunked');
const GZIPPED = head('200 OK', 'content-encoding: gzip', `content-length: ${bomb.length}`);

/** Answers that are whole, however odd. */
const answering = (body: string): Acts => ({
  '100, 102 and 103 before the answer': says(
    [head('100 Continue'), head('102 Processing'), head('103 Early Hints', 'link: </x>'), wholeAnswer(body)].join(''),
  ),
  'chunks and trailers': says(
    `${CHUNKED}${chunkOf(body)}0${CRLF}set-cookie: amhrdrauth=trailer${CRLF}date: x${CRLF}${CRLF}`,
  ),
  'no length, and the connection ends': saysAndEnds(head('200 OK', 'connection: close') + body),
  'a Date from another year': says(wholeAnswer(body, 'date: Wed, 01 Jan 1975 00:00:00 GMT')),
  'a Date that is none': says(wholeAnswer(body, 'date: tomorrow', 'age: -1', 'retry-after: never')),
  'two hundred cookies': says(wholeAnswer(body, ...lines(200, cookie))),
  'an offer to upgrade': says(wholeAnswer(body, 'connection: upgrade', 'upgrade: h2c')),
  'a second answer after the first': says(wholeAnswer(body) + wholeAnswer(body)),
});

/** Answers whose head breaks the rules of HTTP, or promises another protocol. */
const failingByHead = (body: string): Acts => ({
  '101 and silence': says(head('101 Switching Protocols', 'connection: upgrade', 'upgrade: other')),
  '101, upgraded, and a body': says(
    head('101 Switching Protocols', 'connection: upgrade', 'upgrade: h2c') + wholeAnswer(body),
  ),
  '101 and the end': saysAndEnds(head('101 Switching Protocols', 'connection: upgrade', 'upgrade: other')),
  'a negative length': says(head('200 OK', 'content-length: -1') + body),
  'two lengths': says(head('200 OK', lengthOf(body), 'content-length: 1') + body),
  'headers without end': endless(`HTTP/1.1 200 OK${CRLF}`, (index) => `x-${index}: ${'x'.repeat(1_000)}${CRLF}`),
  'a header without end': endless(`HTTP/1.1 200 OK${CRLF}x: `, () => 'x'.repeat(1_000)),
  'cookies without end': endless(`HTTP/1.1 200 OK${CRLF}`, (index) => `${cookie(index)}${CRLF}`.repeat(20)),
  'a NUL in a header': says(head('200 OK', 'x: \0', lengthOf(body)) + body),
  'a status that is none': says(head('999999 OK', lengthOf(body)) + body),
  'HTTP/0.9: a body alone': saysAndEnds(body),
  'another protocol': saysAndEnds(`ICY 200 OK${CRLF}${CRLF}${body}`),
  'a record of TLS': saysAndEnds(Buffer.from([0x15, 3, 3, 0, 2, 2, 40])),
  'bytes that mean nothing': saysAndEnds(Buffer.from(lines(64, String).join(''), 'hex')),
  'the end at once': (socket) => void socket.end(),
  'a reset at once': (socket) => void reset(socket),
});

/** Answers whose body does not end as its head has promised. */
const failingByBody = (body: string): Acts => ({
  '204 with a body': says(head('204 No Content', lengthOf(body)) + body),
  '304 with a body': says(head('304 Not Modified', lengthOf(body)) + body),
  'a length that is too short': says(head('200 OK', `content-length: ${Buffer.byteLength(body) - 1}`) + body),
  'more body than its length': says(`${wholeAnswer(body)}${'x'.repeat(500)}`),
  'a length that is too long, and the end': saysAndEnds(
    head('200 OK', `content-length: ${Buffer.byteLength(body) + 1}`) + body,
  ),
  'a length and chunks': says(head('200 OK', lengthOf(body), 'transfer-encoding: chunked') + chunkOf(body)),
  'a chunk whose size is no number': says(`${CHUNKED}zz${CRLF}${body}${CRLF}0${CRLF}${CRLF}`),
  'a chunk of more than all memory': says(`${CHUNKED}FFFFFFFFFFFFFFFFFF${CRLF}${body}`),
  'a chunk without an end, and the end': saysAndEnds(`${CHUNKED}ffff${CRLF}${body}`),
  'a gzip bomb': says(Buffer.concat([Buffer.from(GZIPPED), bomb])),
  'a body without end': endless(head('200 OK'), () => 'x'.repeat(100_000)),
  'chunks without end': endless(CHUNKED, () => `186a0${CRLF}${'x'.repeat(100_000)}${CRLF}`),
  'trailers without end': endless(
    `${CHUNKED}${chunkOf(body)}0${CRLF}`,
    (index) => `x-${index}: ${'x'.repeat(1_000)}${CRLF}`,
  ),
});

/** Answers that never end. */
const hanging = (body: string): Acts => ({
  silence: (_socket, sent) => {
    for (const _ of lines(100, String)) sent();
  },
  '1xx without end': endless('', () => head('103 Early Hints', 'link: </x>')),
  '100 without end': endless('', () => head('100 Continue')),
  'a length that is too long': endless(
    head('200 OK', `content-length: ${Buffer.byteLength(body) + 1}`) + body,
    () => '',
  ),
  'a chunk without an end': endless(`${CHUNKED}ffffff${CRLF}${body}`, () => ' '),
  'a byte at a time': drip(wholeAnswer(body)),
  'half a head': endless('HTTP/1.1 200 OK', () => ''),
});

/** Returns everything that a hostile server does, around a body that would be a success. */
export function hostilities(body: string): readonly Hostility[] {
  const all = {
    answers: answering(body),
    fails: { ...failingByHead(body), ...failingByBody(body) },
    hangs: hanging(body),
  } as const;
  return (['answers', 'fails', 'hangs'] as const).flatMap((ends) =>
    Object.entries(all[ends]).map(([name, act]) => ({ name, ends, act })),
  );
}
