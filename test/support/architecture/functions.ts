import { type ArrowFunctionExpression, type Function as FunctionNode, type Node, Visitor } from 'oxc-parser';
import { type Finding, lineAt, type Source } from './sources.ts';

/** A function with a body. Its name is in `what`. */
export interface FunctionSpan extends Finding {
  /** The number of lines, from the first line of the function, or of its property, to the last. */
  readonly lines: number;
  /** The offsets of the same span. */
  readonly start: number;
  readonly end: number;
}

/** Reads a file's functions, arrows and methods. The lines of an inner function count for the outer one too. */
export function readFunctions(source: Source): readonly FunctionSpan[] {
  const names = new Map<Node, { readonly start: number; readonly name: string }>();
  const name = (owner: Node, key: Node, value: Node | null) =>
    value && names.set(value, { start: owner.start, name: source.text.slice(key.start, key.end) });
  const functions: FunctionSpan[] = [];
  const add = (node: FunctionNode | ArrowFunctionExpression) => {
    const own = node.id?.name ?? '(anonymous)';
    const { start, name } = names.get(node) ?? { start: node.start, name: own };
    const line = lineAt(source, start);
    const lines = lineAt(source, node.end) - line + 1;
    functions.push({ file: source.file, line, what: name, lines, start, end: node.end });
  };
  new Visitor({
    VariableDeclarator: (node) => name(node, node.id, node.init),
    Property: (node) => name(node, node.key, node.value),
    MethodDefinition: (node) => name(node, node.key, node.value),
    PropertyDefinition: (node) => name(node, node.key, node.value),
    FunctionDeclaration: add,
    FunctionExpression: add,
    ArrowFunctionExpression: add,
  }).visit(source.program);
  return functions;
}
