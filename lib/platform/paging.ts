import { paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Documents } from './dynamodb.ts';

/** A page of a list, and the position of its last item: null at the end of the list. */
export type Page<Item, Position> = { readonly items: readonly Item[]; readonly next: Position | null };

/** Asks for at most `limit` items after a position. */
export type PageRequest<Position> = { readonly limit: number; readonly after: Position | undefined };

type Attributes = Readonly<Record<string, string>>;

export type PartitionQuery = Omit<QueryCommandInput, 'Limit' | 'ExclusiveStartKey'> & {
  /** The partition of the query. A position never names one, so it cannot lead into another. */
  readonly partition: Attributes;
};

type Reading<Item, Position> = {
  /** Decodes an item. @returns undefined for an item that does not belong to the list. */
  readonly decode: (item: unknown) => Item | undefined;
  /** Returns the rest of an item's key, an index's key included: the list continues after it. */
  readonly positionOf: (item: Item) => Position;
};

/** Fewest items of one query, so that a short page with many items left out takes few queries. */
const READ_AT_ONCE = 50;

/** Reads one page of a partition. It reads on past items that do not belong to the list, until the page is full. */
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

/** Cuts the first page from the rest of a list. One item more than the limit shows that another page follows. */
export function firstPage<Item, Position>(
  rest: readonly Item[],
  limit: number,
  positionOf: (item: Item) => Position,
): Page<Item, Position> {
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last !== undefined && rest.length > limit ? positionOf(last) : null };
}
