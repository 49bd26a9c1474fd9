import { createContext, Script } from 'node:vm';
import fc from 'fast-check';

/** The lengths of the attacks, in characters. The first is for a look at every attack. */
const LOOK = 8_192;
const SHORT = 16_384;
const LONG = 2 * SHORT;

/** How many times longer a pattern may take for a text that is twice as long. Linear is 2, quadratic 4. */
const LIMIT = 2.5;

/** A match that takes less than this, in milliseconds, is linear: were it quadratic, even the first look would take 4 and more. */
const NOISE = 1.5;

/** How often a growth that is too large is measured again: a busy machine disturbs a measurement, but not all of them. */
const ROUNDS = 8;

/** The longest time that a match gets, in milliseconds, and that of a text which tells an exponential pattern from others. */
const PATIENCE = 10_000;
const PATIENCE_IF_TINY = 1_000;
const TINY = 64;

/** How a pattern grows: the attack that showed it, and the ratio of times; infinite if the match did not end. */
export type Growth = { readonly attack: string; readonly ratio: number };

const match = new Script('pattern.lastIndex = 0; pattern.global ? text.replace(pattern, "") : pattern.exec(text)');
/** A match runs in a context of its own, because only there it can be stopped. */
const given: { pattern?: RegExp; text?: string } = {};
const context = createContext(given);

/** Measures one match, in milliseconds; infinite if it does not end in time. */
function measure(pattern: RegExp, text: string, timeout = PATIENCE): number {
  Object.assign(given, { pattern, text });
  const begun = performance.now();
  try {
    match.runInContext(context, { timeout });
  } catch {
    return Number.POSITIVE_INFINITY;
  }
  return performance.now() - begun;
}

/** A match that takes longer than this, in milliseconds, and that `ENOUGH` rounds find superlinear, is measured no more. */
const SLOW = 150;
const ENOUGH = 3;

/** Measures a match three times, and returns the shortest. */
const best = (pattern: RegExp, text: string): number =>
  Math.min(measure(pattern, text), measure(pattern, text), measure(pattern, text));

type Attack = { readonly head: string; readonly pumped: string };

const build = ({ head, pumped }: Attack, length: number): string =>
  head + pumped.repeat(Math.ceil(length / pumped.length)) + TAIL;

/** Finds the attack whose time grows fastest with its length, by the ratio of a double length; undefined if all are linear. */
export function findSuperlinear(pattern: RegExp): Growth | undefined {
  for (const attack of attacksOn(pattern)) {
    const neverEnds = () => measure(pattern, build(attack, TINY), PATIENCE_IF_TINY) === Number.POSITIVE_INFINITY;
    if (neverEnds() && neverEnds()) return { attack: describe(attack), ratio: Number.POSITIVE_INFINITY };
    if (measure(pattern, build(attack, LOOK)) < NOISE) continue;
    const [short, long] = [build(attack, SHORT), build(attack, LONG)];
    let ratio = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS && ratio > LIMIT; round += 1) {
      const longest = best(pattern, long);
      ratio = longest < NOISE ? 0 : Math.min(ratio, longest / best(pattern, short));
      if (longest > SLOW && round + 1 >= ENOUGH) break;
    }
    if (ratio > LIMIT) return { attack: describe(attack), ratio };
  }
  return undefined;
}

const describe = ({ head, pumped }: Attack): string => `${JSON.stringify(head)} + ${JSON.stringify(pumped)} × n`;

const ALPHABET = ['a', 'A', '0', ' ', '\t', '.', '-', '_', '/', ':', '<', '&', '@', '=', ';', 'é', '"'];

/** What follows the repeated part: it matches almost nothing, so that the whole fails at its end. */
const TAIL = '\n!';

/** Makes attacks on a pattern: parts of texts that match it, repeated, after what comes before them. */
function attacksOn(pattern: RegExp): readonly Attack[] {
  const attacks = new Map<string, Attack>();
  const add = (head: string, pumped: string) => {
    if (pumped !== '') attacks.set(JSON.stringify([head, pumped]), { head, pumped });
  };
  for (const one of ALPHABET) add('', one);
  for (const sample of samplesOf(pattern)) {
    add('', sample);
    for (let from = 0; from < sample.length; from += 1) {
      add(sample.slice(0, from), sample.slice(from, from + 1));
      add(sample.slice(0, from), sample.slice(from, from + 2));
      add('', sample.slice(0, from));
    }
  }
  return [...attacks.values()];
}

const SAMPLES = 3;
const LONGEST_SAMPLE = 32;

/** Draws texts that match a pattern. @throws Error if it cannot: an attack on another text would prove little. */
function samplesOf({ source, flags }: RegExp): readonly string[] {
  const simpleFlags = flags.replaceAll(/[gydi]/g, '');
  return alternativesOf(simplify(source)).flatMap((alternative) => {
    const matching = fc.stringMatching(new RegExp(`^(?:${alternative})`, simpleFlags), { size: 'small' });
    return fc.sample(matching, { numRuns: SAMPLES, seed: 7 }).map((text) => text.slice(0, LONGEST_SAMPLE));
  });
}

/** Splits a pattern at the bars that stand outside of groups and classes: a text of each alternative is drawn. */
function alternativesOf(source: string): readonly string[] {
  const parts = [''];
  let depth = 0;
  for (const token of source.match(/\\.|\[(?:[^\]\\]|\\.)*\]|./gsu) ?? []) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (token === '|' && depth === 0) parts.push('');
    else parts.push(parts.pop() + token);
  }
  return parts.map((part) => part.replace(/^\^/, ''));
}

/** Leaves out of a pattern what fast-check cannot draw texts for: assertions, and properties of Unicode. */
const simplify = (source: string): string =>
  source
    .replaceAll(/\(\?<?[=!](?:[^()\\]|\\.|\([^()]*\))*\)/g, '')
    .replaceAll(/\\p\{M\}/g, '\u0301')
    .replaceAll(/\\p\{Cc\}/g, '\\t')
    .replaceAll(/\\[pP]\{[^}]*\}/g, 'e')
    .replaceAll(/\\b/g, '');
