/**
 * Awaits all promises, even if one fails. Lambda freezes a function when it returns, with all work that still runs.
 *
 * @throws after all have ended: of the failures, the one that is first in the list `work`, whenever it happened.
 */
export async function settleAll<const Work extends readonly unknown[]>(
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
