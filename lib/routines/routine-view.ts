import { isoOf } from '../platform/dynamodb.ts';
import { firstPage, type Page, type PageRequest } from '../platform/paging.ts';
import type { Plan, Routine } from './routine.ts';

/** A routine's place in the list: the oldest is first. */
export type RoutinePosition = { readonly createdAt: string; readonly id: string };

const positionOf = ({ createdAt, id }: Routine): RoutinePosition => ({ createdAt: isoOf(createdAt), id });
const comesAfter = (one: RoutinePosition, other: RoutinePosition): boolean =>
  one.createdAt === other.createdAt ? one.id > other.id : one.createdAt > other.createdAt;

/** The position names no routine that has to be there still: the list goes on after one that was deleted. */
export function pageOfRoutines(
  { routines }: Plan,
  { limit, after }: PageRequest<RoutinePosition>,
): Page<Routine, RoutinePosition> {
  const sorted = routines.toSorted((one, other) => (comesAfter(positionOf(one), positionOf(other)) ? 1 : -1));
  const rest = sorted.filter((one) => after === undefined || comesAfter(positionOf(one), after));
  return firstPage(rest, limit, positionOf);
}
