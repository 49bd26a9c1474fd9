declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Makes an HTTP server that speaks DynamoDB, in memory if there is no `path`. Times are how long a table stays in a state, in ms. */
  export default function dynalite(options: {
    readonly path?: string;
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
  }): Server;
}
