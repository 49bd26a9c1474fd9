import { createContext, Script } from 'node:vm';
import fc from 'fast-check';

/** The length of the attacks for a first look at each, in characters, and the longest and shortest whose time is compared. */
const LOOK = 8_192;
const LONGEST = 32_768;
const SHORTEST = 1_024;

/** How many times longer a pattern may take for a text that is twice as long. Linear is 2, quadratic 4. */
const LIMIT = 2.5;

/** A match that takes less than this, in milliseconds, is linear: were it quadratic, even the first look would take 4 and more. */
const NOISE = 1.5;

/** A text for which a match takes longer than this, in milliseconds, is not measured: the growth shows in shorter ones, too. */
const SLOW = 30;

/** How often a growth that is too large is measured again: a busy machine disturbs a measurement, but not all of them. */
const ROUNDS = 8;

/** The longest time that a match gets, in milliseconds. */
const PATIENCE = 1_000;

/** The length of a text that tells an exponential pattern from others, and the longest time that its match gets, in milliseconds. */
const TINY = 64;
const TINY_PATIENCE = 200;

/** How a pattern grows: the attack that showed it, and the ratio of times; infinite if the match did not end. */
export type Growth = { readonly attack: string; readonly ratio: number };

/** Matches texts from `at` on, up to the first that takes `limit` milliseconds. To begin a script costs more than most matches. */
const match = new Script(`
  for (; at < texts.length; at += 1) {
    pattern.lastIndex = 0;
    const begun = now();
    if (pattern.global) texts[at].replace(pattern, ''); else pattern.exec(texts[at]);
    took = now() - begun;
    if (took >= limit) break;
  }`);

/** Matches run in a context of its own, because only there they can be stopped. */
const given = {
  pattern: /(?:)/,
  texts: [] as readonly string[],
  at: 0,
  limit: 0,
  took: 0,
  now: () => performance.now(),
};
const context = createContext(given);

/**
 * Finds the first text from an index on whose match takes a limit in milliseconds, or does not end.
 *
 * @returns the text's index, or their count if there is none.
 */
function findSlow(pattern: RegExp, texts: readonly string[], from: number, limit: number): number {
  Object.assign(given, { pattern, texts, at: from, limit, took: 0 });
  const isTiny = texts.every(({ length }) => length <= 2 * TINY);
  try {
    match.runInContext(context, { timeout: isTiny ? TINY_PATIENCE : PATIENCE });
  } catch {
    given.took = Number.POSITIVE_INFINITY;
  }
  return given.at;
}

/** Measures one match, in milliseconds; infinite if it does not end in time. */
function measure(pattern: RegExp, text: string): number {
  findSlow(pattern, [text], 0, Number.POSITIVE_INFINITY);
  return given.took;
}

/** Measures a match three times, and returns the shortest. */
const best = (pattern: RegExp, text: string): number =>
  Math.min(measure(pattern, text), measure(pattern, text), measure(pattern, text));

type Attack = { readonly head: string; readonly pumped: string };

const build = ({ head, pumped }: Attack, length: number): string =>
  head + pumped.repeat(Math.ceil(length / pumped.length)) + TAIL;

/** Finds the attack whose time grows fastest with its length, by the ratio of a double length; undefined if all are linear. */
export function findSuperlinear(pattern: RegExp): Growth | undefined {
  const attacks = attacksOn(pattern);
  return findGrowth(pattern, attacks, TINY, Number.POSITIVE_INFINITY) ?? findGrowth(pattern, attacks, LOOK, NOISE);
}

/** Looks at each attack in a length. One that takes a limit in milliseconds is measured. */
function findGrowth(pattern: RegExp, attacks: readonly Attack[], length: number, limit: number): Growth | undefined {
  const texts = attacks.map((attack) => build(attack, length));
  for (let at = findSlow(pattern, texts, 0, limit); at < texts.length; at = findSlow(pattern, texts, at + 1, limit)) {
    const attack = attacks[at];
    const ratio = attack ? measureGrowth(pattern, attack) : 0;
    if (attack && ratio > LIMIT) return { attack: describe(attack), ratio };
  }
  return undefined;
}

/** Measures how many times longer a match takes for a text that is twice as long. @returns 0 if that is too short to tell. */
function measureGrowth(pattern: RegExp, attack: Attack): number {
  const tiny = build(attack, TINY);
  let ratio = Number.POSITIVE_INFINITY;
  if (best(pattern, tiny) === ratio) return ratio;
  // From short to long: the time of a long text, if the growth is large, would be most of the search.
  let length = SHORTEST;
  while (length < LONGEST && best(pattern, build(attack, 2 * length)) <= SLOW) length *= 2;
  const [short, long] = [build(attack, length / 2), build(attack, length)];
  for (let round = 0; round < ROUNDS && ratio > LIMIT; round += 1) {
    const longest = best(pattern, long);
    ratio = longest < NOISE ? 0 : Math.min(ratio, longest / best(pattern, short));
  }
  return ratio;
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
