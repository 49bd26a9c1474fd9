import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Login } from './login-facts.ts';

/**
 * Asks for e-mail and password on the terminal; the password is not echoed. Without a terminal they are read
 * from the first two lines of the input, so that no shell history and no process list holds them.
 *
 * @throws Error when the input ends too soon.
 */
export async function askForLogin(
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean },
  output: NodeJS.WritableStream,
): Promise<Login> {
  return input.isTTY ? askTerminal(input, output) : firstLines(input);
}

async function askTerminal(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<Login> {
  let muted = false;
  const echo = new Writable({
    write(chunk, _encoding, done) {
      if (!muted) output.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input, output: echo, terminal: true });
  try {
    const email = await lines.question('E-mail at AimHarder: ');
    output.write('Password (not shown, not kept): ');
    muted = true;
    const password = await lines.question('');
    output.write('\n');
    return complete(email, password);
  } finally {
    lines.close();
  }
}

async function firstLines(input: NodeJS.ReadableStream): Promise<Login> {
  const lines: Interface = createInterface({ input });
  const given: string[] = [];
  for await (const line of lines) if (given.push(line) === 2) break;
  lines.close();
  return complete(given[0], given[1]);
}

function complete(email: string | undefined, password: string | undefined): Login {
  if (!email?.trim() || !password) throw new Error('An e-mail address and a password are needed, one line each.');
  return { email: email.trim().toLowerCase(), password };
}
