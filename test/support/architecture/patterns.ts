import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Finding, type Source, search } from './sources.ts';

/** A regular expression, and the file and line that it comes from. `what` is its source with its flags. */
export type Pattern = Finding & { readonly pattern: RegExp };

/** Finds the regular expressions that stand in a source as literals. */
export function findPatterns(source: Source): readonly Pattern[] {
  const patterns: RegExp[] = [];
  const findings = search(source, (report) => ({
    Literal(node) {
      if (!('regex' in node)) return;
      const { pattern, flags } = node.regex;
      patterns.push(new RegExp(pattern, flags));
      report(node, `/${pattern}/${flags}`);
    },
  }));
  return findings.map((finding, index) => ({ ...finding, pattern: patterns[index] ?? /(?:)/ }));
}

/** Finds where a source builds regular expressions, itself or by a format of zod's. */
export const findBuilders = (source: Source): readonly Finding[] =>
  search(source, (report, code) => ({
    NewExpression: (node) => code(node.callee) === 'RegExp' && report(node, code(node)),
    CallExpression: (node) =>
      /^RegExp$|^z\.(?:iso\.|url|email|uuid)/.test(code(node.callee)) && report(node, code(node)),
  }));

/** Loads modules in a thread whose `RegExp` reports what it builds. */
const RECORDER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const Built = globalThis.RegExp;
  const built = [];
  globalThis.RegExp = new Proxy(Built, {
    construct(target, given) {
      const made = Reflect.construct(target, given);
      built.push({ source: made.source, flags: made.flags });
      return made;
    },
    apply: (target, _self, given) => new globalThis.RegExp(...given),
  });
  Promise.all(workerData.map((url) => import(url))).then(() => parentPort.postMessage(built));
`;

/** Records the regular expressions that files, and the packages they load, build while they are loaded. */
export async function recordBuilt(files: readonly string[]): Promise<readonly Pattern[]> {
  const worker = new Worker(RECORDER, { eval: true, workerData: files.map((file) => pathToFileURL(file).href) });
  const recorded = await new Promise<readonly RegExp[]>((resolve, reject) => {
    worker.once('message', (built: readonly RegExp[]) => resolve(built));
    worker.once('error', reject);
  });
  await worker.terminate();
  const patterns = new Map(recorded.map(({ source, flags }) => [`/${source}/${flags}`, new RegExp(source, flags)]));
  return [...patterns].map(([what, pattern]) => ({ file: files.join(', '), line: 1, what, pattern }));
}
