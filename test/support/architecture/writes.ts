import { Visitor } from 'oxc-parser';
import { readFunctions } from './functions.ts';
import type { Source } from './sources.ts';

/** Matches the calls that send a write to the database. */
const SENDERS: readonly string[] = [
  ...['updateIf', 'updateAndReadIf', 'putIf', 'deleteIf', 'deleteAndReadIf'],
  ...['UpdateCommand', 'PutCommand', 'DeleteCommand', 'BatchWriteCommand', 'TransactWriteCommand'],
];

/** Checks for a shared helper, which sends the write that its caller has built. */
const isShared = (file: string, name: string): boolean =>
  // AimHarder's room has no database.
  (!file.startsWith('lib/aimharder/') && /^(?:updatePrebooking|#update|#end|#keepLease|#endLease|#put)$/.test(name)) ||
  (name === 'storeBackground' && file.startsWith('lib/sessions/'));

/** Finds the functions of a file that send a write to the database, as "file function". */
export function findWrites(source: Source): readonly string[] {
  const functions = readFunctions(source);
  const found = new Set<string>();
  const visit = ({ callee, start }: { callee: { start: number; end: number }; start: number }) => {
    const name = source.text.slice(callee.start, callee.end).replace(/^this\./, '');
    if (!SENDERS.includes(name) && !isShared(source.file, name)) return;
    const around = functions.filter((one) => one.start <= start && start < one.end && one.what !== '(anonymous)');
    const writer = around.toSorted((one, other) => other.start - one.start)[0]?.what ?? '';
    if (!isShared(source.file, writer)) found.add(`${source.file} ${writer}`);
  };
  new Visitor({ CallExpression: visit, NewExpression: visit }).visit(source.program);
  return [...found];
}
