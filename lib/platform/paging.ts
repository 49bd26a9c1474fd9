import { paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Documents } from './dynamodb.ts';

/** A page of a list, and the position to go on from: null at the end of the list. */
export type Page<Item, Position> = { readonly items: readonly Item[]; readonly next: Position | null };

/** At most `limit` items, those that come after a position. */
export type PageRequest<Position> = { readonly limit: number; readonly after: Position | undefined };

type Attributes = Readonly<Record<string, string>>;

export type PartitionQuery = Omit<QueryCommandInput, 'Limit' | 'ExclusiveStartKey'> & {
  /** The partition the query is confined to. A position never names one: it cannot lead into another. */
  readonly partition: Attributes;
};

type Reading<Item, Position> = {
  /** @returns undefined for an item that is no part of the list. */
  readonly decode: (item: unknown) => Item | undefined;
  /** The rest of an item's key (the index's too): where the list goes on after it. */
  readonly positionOf: (item: Item) => Position;
};

/** Fewest items asked for at once: a list of which little is wanted is not read one by one. */
const READ_AT_ONCE = 50;

/** One page of a partition. Items that are left out make it no shorter: it is read on until it is full, or to the end. */
export async function queryPage<Item, Position extends Attributes>(
  documents: Documents,
  { partition, ...query }: PartitionQuery,
  { limit, after }: PageRequest<Position>,
  { decode, positionOf }: Reading<Item, Position>,
): Promise<Page<Item, Position>> {
  const found: Item[] = [];
  const pages = paginateQuery(
    {
      client: documents,
      pageSize: Math.max(limit + 1, READ_AT_ONCE),
      ...(after && { startingToken: { ...partition, ...after } }),
    },
    query,
  );
  for await (const { Items = [] } of pages) {
    found.push(...Items.map(decode).filter((item) => item !== undefined));
    if (found.length > limit) break;
  }
  return firstPage(found, limit, positionOf);
}

/** The first page of what is left of a list: one item more than the limit tells that there is another page. */
export function firstPage<Item, Position>(
  rest: readonly Item[],
  limit: number,
  positionOf: (item: Item) => Position,
): Page<Item, Position> {
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last !== undefined && rest.length > limit ? positionOf(last) : null };
}
