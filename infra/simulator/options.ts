import { DEFAULTS, type GymOptions } from './switches.ts';

/** @throws Error when it is no JSON object, or names a switch that there is not. */
export const optionsIn = (text: string | undefined): GymOptions => optionsOf(JSON.parse(text || '{}'));

/** @throws Error when it is no object, or names a switch that there is not. */
export function optionsOf(options: unknown): GymOptions {
  if (typeof options !== 'object' || options === null) throw new Error('the options are a JSON object');
  const known = [...Object.keys(DEFAULTS), 'port', 'statePath'];
  const stray = Object.keys(options).find((name) => !known.includes(name));
  if (stray !== undefined) throw new Error(`no switch named ${stray}`);
  // Whoever states them is the project itself; the names are checked for typing errors only.
  return options as GymOptions;
}
