import conditions, { type Context, type Parse } from 'dynalite/db/conditionParser.js';
import updates from 'dynalite/db/updateParser.js';

/** A parsed expression that is kept for later requests. In `parsed`, each value of the request is replaced by a `NamedValue`. */
type Remembered = {
  readonly parsed: object;
  readonly usedNames: readonly string[];
  readonly usedValues: readonly string[];
};

/** Stands for the value that a request has under a name such as `:now`. */
class NamedValue {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Expressions that are not remembered, because dynalite's parser checks not only the types of their values but also the values. */
const CHECKS_VALUES = /between|attribute_type/i;

/** How many expressions of each kind are remembered; the service sends fewer. Those not used for longest are dropped. */
export const MAX_EXPRESSIONS = 500;

const parsers = [conditions, updates].map((parser) => ({ parser, parse: rememberParsed(parser.parse) }));

/**
 * Makes dynalite remember the expressions that it has parsed. Parsing takes a third of the time of a conditional update, and the
 * service sends the same expressions again and again, with other values.
 */
export function rememberExpressions(): void {
  for (const { parser, parse } of parsers) parser.parse = parse;
}

/**
 * Wraps a parser in a cache. What a parser returns depends on the expression, the names of attributes, and the types of values. The
 * key of the cache holds all of these as JSON, so that different expressions have different keys.
 */
export function rememberParsed(parse: Parse): Parse {
  const known = new Map<string, Remembered>();
  return (expression, { context }) => {
    const types = Object.entries(context.attrVals ?? {}).map(([name, value]) => [name, ...Object.keys(value)]);
    const key = JSON.stringify([expression, context.attrNames, types]);
    const remembered = known.get(key);
    if (remembered) {
      // A Map lists its keys in the order of insertion, so the expression that was used last is now the last one.
      known.delete(key);
      known.set(key, remembered);
      return recall(remembered, context);
    }
    // Dynalite's parser removes from these copies the names and values that the expression uses.
    const unused = { unusedAttrNames: { ...context.attrNames }, unusedAttrVals: { ...context.attrVals } };
    const parsed = parse(expression, { context: { ...context, ...unused } });
    // A text is dynalite's error message about the expression.
    if (typeof parsed === 'string') return parsed;
    const fresh = remember(parsed, context, unused);
    if (!CHECKS_VALUES.test(expression)) known.set(key, fresh);
    const [oldest] = known.keys();
    if (known.size > MAX_EXPRESSIONS && oldest !== undefined) known.delete(oldest);
    return recall(fresh, context);
  };
}

/**
 * Replaces a request's values in its parsed expression by their names. Recognises the values by identity, because the parser does
 * not copy them.
 */
function remember(
  parsed: object,
  { attrNames = {}, attrVals = {} }: Context,
  { unusedAttrNames, unusedAttrVals }: Pick<Context, 'unusedAttrNames' | 'unusedAttrVals'>,
): Remembered {
  const named = new Map<unknown, NamedValue>(
    Object.entries(attrVals).map(([name, value]) => [value, new NamedValue(name)]),
  );
  return {
    parsed: copy(parsed, (part) => named.get(part)),
    usedNames: Object.keys(attrNames).filter((name) => !(name in unusedAttrNames)),
    usedValues: Object.keys(attrVals).filter((name) => !(name in unusedAttrVals)),
  };
}

/** Copies a remembered expression with a request's values, and marks the names and values that the expression uses as used. */
function recall({ parsed, usedNames, usedValues }: Remembered, context: Context): object {
  for (const name of usedNames) delete context.unusedAttrNames[name];
  for (const name of usedValues) delete context.unusedAttrVals[name];
  return copy(parsed, (part) => (part instanceof NamedValue ? context.attrVals?.[part.name] : undefined));
}

/**
 * Copies a parsed expression, because dynalite changes the expression that it gets.
 *
 * @param replace returns the part's replacement; undefined to copy the part.
 */
function copy(parsed: object, replace: (part: object) => object | undefined): object {
  const copyPart = (part: unknown): unknown =>
    typeof part === 'object' && part !== null ? (replace(part) ?? copy(part, replace)) : part;
  if (Array.isArray(parsed)) return parsed.map(copyPart);
  return Object.fromEntries(Object.entries(parsed).map(([name, part]) => [name, copyPart(part)]));
}
