import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import * as z from 'zod/mini';

const run = promisify(execFile);
const MODULES = resolve('node_modules');

/** A generator of clients, and the program of a member's app that uses such a client. */
export type ClientGenerator = {
  /** Writes the client `api.ts` from the description `openapi.json`, in the folder. */
  readonly generate: (folder: string) => Promise<unknown>;
  /** TypeScript that imports `api.ts` and exports `book(visit: Visit): Promise<Visited>`. */
  readonly program: string;
};

/** Where the service is, who the member is, and which open class the program books. */
export type Visit = {
  readonly url: string;
  readonly email: string;
  readonly password: string;
  readonly box: string;
  readonly day: string;
  readonly classId: string;
};

/** What the program saw. */
const visited = z.object({
  /** The states of the class before and after. */
  before: z.string(),
  after: z.string(),
  /** The answer to the booking. */
  status: z.string(),
  /** How many bookings a page of at most one shows. */
  listed: z.number(),
  /** The problem's code in the answer to a day that is none. */
  refused: z.string(),
});
export type Visited = z.infer<typeof visited>;

const moduleOfProgram = z.object({
  book: z.custom<(visit: Visit) => Promise<unknown>>((value) => typeof value === 'function'),
});

/** What a strict compiler says of the client and the program; empty if nothing. */
async function compile(folder: string): Promise<string> {
  const options = ['--noEmit', '--strict', '--noUncheckedIndexedAccess', '--target', 'esnext', '--skipLibCheck'];
  const modules = ['--module', 'nodenext', '--allowImportingTsExtensions', '--types', 'node'];
  const args = [...options, ...modules, join(folder, 'program.ts')];
  return run(join(MODULES, '.bin', 'tsc'), args, { cwd: folder }).then(
    () => '',
    (error: { stdout?: string }) => error.stdout ?? String(error),
  );
}

/** Generates a client, compiles it with its program, and lets the program visit the service. */
export async function visitWith(
  { generate, program }: ClientGenerator,
  description: string,
  visit: Visit,
): Promise<{ readonly errors: string; readonly visited: Visited }> {
  const folder = await mkdtemp(join(tmpdir(), 'generated-client-'));
  try {
    await symlink(MODULES, join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'openapi.json'), description);
    await writeFile(join(folder, 'program.ts'), `${VISIT}\n${program}`);
    await generate(folder);
    const errors = await compile(folder);
    const outfile = join(folder, 'program.mjs');
    const options = { bundle: true, platform: 'node', format: 'esm', logLevel: 'silent' } as const;
    await build({ ...options, entryPoints: [join(folder, 'program.ts')], outfile });
    const { book } = moduleOfProgram.parse(await import(pathToFileURL(outfile).href));
    return { errors, visited: visited.parse(await book(visit)) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The types above, for the programs. */
const VISIT = `
type Visit = { url: string; email: string; password: string; box: string; day: string; classId: string };
type Visited = { before: string; after: string; status: string; listed: number; refused: string };
`;
