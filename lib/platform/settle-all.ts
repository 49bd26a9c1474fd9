/**
 * Awaits all promises, even if one fails: Lambda would freeze work that is not done when its function returns.
 *
 * @throws the first failure, once all have ended.
 */
export async function settleAll<const Work extends readonly unknown[]>(
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
