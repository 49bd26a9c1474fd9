import { dirname, join } from 'node:path/posix';
import { type StringLiteral, Visitor } from 'oxc-parser';
import { type Finding, lineAt, type Source } from './sources.ts';

/** An import, a re-export, an `import('…')`, or a type taken by `import('…')`. */
export interface Import extends Finding {
  /** The path of the imported file from the root of the repository; for a package, its specifier. */
  readonly to: string;
  readonly isPackage: boolean;
  /** Whether the whole statement is absent at run time. */
  readonly isTypeOnly: boolean;
}

/** Reads what a file imports, in order. */
export function readImports(source: Source): readonly Import[] {
  const { file } = source;
  const imports: Import[] = [];
  const add = ({ value, start }: StringLiteral, isTypeOnly: boolean) => {
    const isPackage = !value.startsWith('.');
    const to = isPackage ? value : join(dirname(file), value);
    imports.push({ file, line: lineAt(source, start), what: `imports ${to}`, to, isPackage, isTypeOnly });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source, node.importKind === 'type'),
    ExportAllDeclaration: (node) => add(node.source, node.exportKind === 'type'),
    ExportNamedDeclaration: (node) => node.source && add(node.source, node.exportKind === 'type'),
    TSImportType: (node) => add(node.source, true),
    ImportExpression({ source: named }) {
      if (named.type === 'Literal' && typeof named.value === 'string') add(named, false);
    },
  }).visit(source.program);
  return imports;
}

/**
 * Finds which files each file reaches through its imports; itself only if it lies on a cycle.
 *
 * @param imports those between files, packages left out.
 */
export function findReachable(imports: readonly Import[]): ReadonlyMap<string, ReadonlySet<string>> {
  const edges = Map.groupBy(imports, ({ file }) => file);
  const from = (file: string) => {
    const reached = new Set((edges.get(file) ?? []).map(({ to }) => to));
    // The loop also visits the files that it adds.
    for (const at of reached) for (const { to } of edges.get(at) ?? []) reached.add(to);
    return reached;
  };
  return new Map([...edges.keys()].map((file) => [file, from(file)]));
}
