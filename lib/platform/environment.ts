export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads environment variables that are required.
 *
 * @throws Error that names every variable that is missing or empty, so that one failed start shows all of them.
 */
export function readRequired<const Name extends string>(
  environment: Environment,
  ...names: readonly Name[]
): Readonly<Record<Name, string>> {
  const missing = names.filter((name) => !environment[name]);
  if (missing.length > 0) throw new Error(`configuration: missing ${missing.join(', ')}`);
  return Object.fromEntries(names.map((name) => [name, environment[name]])) as Record<Name, string>;
}

/** Reads a whole number above 0; `defaultValue` if the variable is missing or empty. @throws Error if it is anything else. */
export function readPositiveInteger(environment: Environment, name: string, defaultValue: number): number {
  const text = environment[name];
  if (!text) return defaultValue;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`configuration: ${name} must be a whole number above 0`);
  return value;
}
