import { paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Documents } from './dynamodb.ts';

/** A page of a list, and the position of its last item, after which the next page begins: null if there is no next page. */
export type Page<Item, Position> = { readonly items: readonly Item[]; readonly next: Position | null };

/** A request for at most `limit` items after the position `after`. */
export type PageRequest<Position> = { readonly limit: number; readonly after: Position | undefined };

type Attributes = Readonly<Record<string, string>>;

export type PartitionQuery = Omit<QueryCommandInput, 'Limit' | 'ExclusiveStartKey'> & {
  /** The partition that the query reads. A position does not name a partition, so it cannot lead into another. */
  readonly partition: Attributes;
};

/** Functions that `queryPage` calls for each item. */
type ItemReader<Item, Position> = {
  /** Decodes an item. @returns undefined for an item that does not belong to the list. */
  readonly decode: (item: unknown) => Item | undefined;
  /** Returns the keys of the item, those of the queried index included, but not the partition. The next page begins after them. */
  readonly positionOf: (item: Item) => Position;
};

/** The fewest items that a query reads. A short page then takes few queries, even if many items do not belong to the list. */
const MIN_QUERY_SIZE = 50;

/** Reads one page of a list, and leaves out items that do not belong to it. */
export async function queryPage<Item, Position extends Attributes>(
  documents: Documents,
  { partition, ...query }: PartitionQuery,
  { limit, after }: PageRequest<Position>,
  { decode, positionOf }: ItemReader<Item, Position>,
): Promise<Page<Item, Position>> {
  const items: Item[] = [];
  const pages = paginateQuery(
    {
      client: documents,
      pageSize: Math.max(limit + 1, MIN_QUERY_SIZE),
      ...(after && { startingToken: { ...partition, ...after } }),
    },
    query,
  );
  for await (const { Items = [] } of pages) {
    items.push(...Items.map(decode).filter((item) => item !== undefined));
    if (items.length > limit) break;
  }
  return firstPage(items, limit, positionOf);
}

/** Takes the first page of items. If there are more items than the limit, another page follows. */
export function firstPage<Item, Position>(
  all: readonly Item[],
  limit: number,
  positionOf: (item: Item) => Position,
): Page<Item, Position> {
  const items = all.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last !== undefined && all.length > limit ? positionOf(last) : null };
}
