/**
 * Awaits all promises, even if one fails. Work that still runs when a function returns would be frozen with it.
 *
 * @throws the first failure, once all have ended.
 */
export async function settleAll<const Work extends readonly unknown[]>(
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
