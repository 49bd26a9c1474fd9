import { functionsByName } from '../catalog/functions.ts';
import { USER_ACCESS_KEY } from './iam-rules.ts';

type Environment = Readonly<Record<string, string>>;

/** Which functions share a worker thread, and what they load there. */
export type Threads = {
  /** Returns the name of the thread that a function runs in. */
  readonly threadOf: (name: string) => string;
  /** Returns the folder of the bundle with the function. */
  readonly bundleOf: (name: string) => string;
  readonly environmentOf: (thread: string, environmentOf: (name: string) => Environment) => Environment;
};

/** Whether a function serves routes: when the processors are busy, it gives way to the firings. */
export const servesRoutes = (name: string): boolean => functionsByName.get(name)?.routes !== undefined;

/** Each function has its own thread, with the bundle, the environment and the permissions that it has on AWS. */
export const OWN_THREADS: Threads = {
  threadOf: (name) => name,
  bundleOf: (name) => name,
  environmentOf: (name, environmentOf) => environmentOf(name),
};

/** The bundle with all functions (infra/bundle/bundle-home.ts). */
const ALL_FUNCTIONS = 'all';

/**
 * Three threads for a machine with little memory: a thread takes 10 MB, and its own copy of the modules as much again. Firings
 * have their own, so that nothing else delays a shot. The functions of a thread share one environment, and have all permissions.
 */
export const SHARED_THREADS: Threads = {
  threadOf: sharedThreadOf,
  bundleOf: (name) => (functionsByName.has(name) ? ALL_FUNCTIONS : name),
  environmentOf: (thread, environmentOf) =>
    Object.assign(
      {},
      ...[...functionsByName.keys()].filter((name) => sharedThreadOf(name) === thread).map(environmentOf),
      { AWS_ACCESS_KEY_ID: USER_ACCESS_KEY },
    ),
};

function sharedThreadOf(name: string): string {
  if (name === 'fire-prebooking') return 'firings';
  return servesRoutes(name) ? 'routes' : 'background';
}
