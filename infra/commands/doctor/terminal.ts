import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Login } from '../../../lib/doctor/login-facts.ts';

/**
 * Asks for e-mail and password on the terminal; the password is not echoed. Without a terminal, the first two lines of the
 * input are the e-mail and the password. The password is not an argument of the command, because shell histories and process lists
 * would show it.
 *
 * @throws Error if the input ends too soon.
 */
export async function askForLogin(
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean },
  output: NodeJS.WritableStream,
): Promise<Login> {
  return input.isTTY ? askTerminal(input, output) : readFirstLines(input);
}

async function askTerminal(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<Login> {
  let isMuted = false;
  const echo = new Writable({
    write(chunk, _encoding, done) {
      if (!isMuted) output.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input, output: echo, terminal: true });
  try {
    const email = await lines.question('E-mail at AimHarder: ');
    output.write('Password (not shown, not kept): ');
    isMuted = true;
    const password = await lines.question('');
    output.write('\n');
    return toLogin(email, password);
  } finally {
    lines.close();
  }
}

async function readFirstLines(input: NodeJS.ReadableStream): Promise<Login> {
  const lines: Interface = createInterface({ input });
  const firstLines: string[] = [];
  for await (const line of lines) {
    firstLines.push(line);
    if (firstLines.length === 2) break;
  }
  lines.close();
  return toLogin(firstLines[0], firstLines[1]);
}

function toLogin(email: string | undefined, password: string | undefined): Login {
  if (!email?.trim() || !password) throw new Error('An e-mail address and a password are needed, one line each.');
  return { email: email.trim().toLowerCase(), password };
}
