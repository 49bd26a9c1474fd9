/**
 * Awaits all promises, even if one fails. Lambda freezes a function when it returns, with all work that still runs.
 *
 * @throws the first failure, once all have ended.
 */
export async function settleAll<const Work extends readonly unknown[]>(
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
