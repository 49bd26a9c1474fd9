/**
 * Awaits all of it, whatever fails: work that is still going on when a function returns is frozen half done.
 *
 * @throws the first failure, once everything has ended.
 */
export async function settleAll<const Work extends readonly unknown[]>(
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
