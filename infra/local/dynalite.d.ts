declare module 'dynalite' {
  import type { Server } from 'node:http';

  /**
   * Creates an HTTP server with DynamoDB's API. Without a `path`, the data is in memory. The other options say how long a table is
   * being created, deleted or updated, in milliseconds.
   */
  export default function dynalite(options: {
    readonly path?: string;
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
  }): Server;
}

declare module 'dynalite/db/index.js' {
  export type Iterator = { next(): Promise<unknown>; close(): Promise<void> };
  type Callback<Value> = (error: Error | null | undefined, value: Value) => void;
  type Access = (...parameters: readonly unknown[]) => unknown;
  /** An operation of `batch` that stores a value under a key, both in their stored form. */
  export type Entry = { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer };
  /** An open database (the package `level`). */
  export type Level = Record<'keys' | 'values', (range?: object) => Iterator> &
    Record<'get' | 'put' | 'del' | 'batch', Access> & {
      readonly status: string;
      iterator(options: object): AsyncIterable<readonly [Buffer, Buffer]>;
      close(): Promise<void>;
      once(event: 'closed', listener: () => void): unknown;
      once(event: 'failed-write', listener: (error: Error) => void): unknown;
      emit(event: 'failed-write', error: Error): unknown;
    };
  /** The open database that holds the tables. */
  export type Store = {
    readonly db: Level;
    /** The descriptions of the tables, by their names. */
    readonly tableDb: {
      get(name: string, done: Callback<object>): void;
      put(name: string, description: object, done: Callback<undefined>): void;
    };
  };
  const engine: {
    create(options: { readonly path?: string }): Store;
    /** Checks a write's condition. @returns an error answer if the item does not meet it; otherwise null or undefined. */
    checkConditional(
      request: { readonly ReturnValuesOnConditionCheckFailure?: string },
      item: object | undefined,
    ): { readonly body: { Item?: object } } | null | undefined;
  };
  export default engine;
}

declare module 'dynalite/validations/*' {
  const validation: {
    /** The parameters that a request may have; dynalite drops all others. */
    readonly types: Record<string, { readonly type: string; readonly enum?: readonly string[] }>;
    /** Checks what the types cannot express. */
    readonly custom?: unknown;
  };
  export default validation;
}

declare module 'dynalite/validations/index.js' {
  import type { Store } from 'dynalite/db/index.js';

  const validations: {
    /** Copies a request without the fields that no type names. @throws the error to answer. */
    checkTypes(request: object, types: object): object;
    /** Parses the request's expressions and adds them to it. @throws the error to answer. */
    checkValidations(request: object, types: object, custom: unknown, store: Store): void;
  };
  export default validations;
}

declare module 'dynalite/actions/*' {
  import type { Store } from 'dynalite/db/index.js';

  /** Carries out a request that has been checked. */
  export default function action(
    store: Store,
    request: object,
    done: (error: Error | null | undefined, answer: object) => void,
  ): void;
}

declare module 'dynalite/db/conditionParser.js' {
  /** The attribute names and values of a request, and those that no expression has used so far. */
  export type Context = {
    readonly attrNames?: Readonly<Record<string, string>>;
    readonly attrVals?: Readonly<Record<string, object>>;
    readonly unusedAttrNames: Record<string, unknown>;
    readonly unusedAttrVals: Record<string, unknown>;
  };
  /** Parses an expression. @returns the parsed expression, or the message of an error as a text. */
  export type Parse = (expression: string, options: { readonly context: Context }) => object | string;
  const parser: { parse: Parse };
  export default parser;
}

declare module 'dynalite/db/updateParser.js' {
  import type { Parse } from 'dynalite/db/conditionParser.js';

  const parser: { parse: Parse };
  export default parser;
}
