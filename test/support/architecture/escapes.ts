import { type Finding, type Source, search } from './sources.ts';

/** Finds type assertions, except `as const`; `satisfies` is no assertion. */
export const findCasts = (source: Source): readonly Finding[] =>
  search(source, (report, code) => ({
    TSAsExpression: (node) => code(node.typeAnnotation) !== 'const' && report(node, code(node)),
    TSTypeAssertion: (node) => report(node, code(node)),
  }));

/** Finds `any` and `!`. */
export const findUnchecked = (source: Source): readonly Finding[] =>
  search(source, (report, code) => ({
    TSAnyKeyword: (node) => report(node, 'any'),
    TSNonNullExpression: (node) => report(node, code(node)),
    VariableDeclarator: (node) => node.definite && report(node, code(node)),
    PropertyDefinition: (node) => node.definite && report(node, code(node)),
  }));
