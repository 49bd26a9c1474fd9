import { functionsByName } from '../catalog/functions.ts';
import { USER_ACCESS_KEY } from './iam-rules.ts';

type Environment = Readonly<Record<string, string>>;

/** Which functions share a worker thread, and what they load there. */
export type Threads = {
  /** Returns the name of the thread that a function runs in. */
  readonly threadOf: (name: string) => string;
  /** Returns the folder of the bundle with the function. */
  readonly bundleOf: (name: string) => string;
  /** Builds the environment variables of a thread. @param ownEnvironment returns those of one function. */
  readonly environmentOf: (thread: string, ownEnvironment: (name: string) => Environment) => Environment;
};

/** Checks whether a function serves routes. Such a function gives way to the firings when the processors are busy. */
export const servesRoutes = (name: string): boolean => functionsByName.get(name)?.routes !== undefined;

/** Each function has its own thread, with the bundle, the environment and the permissions that it has on AWS. */
export const OWN_THREADS: Threads = {
  threadOf: (name) => name,
  bundleOf: (name) => name,
  environmentOf: (name, ownEnvironment) => ownEnvironment(name),
};

/** The bundle with all functions (infra/bundle/bundle-home.ts). */
const ALL_FUNCTIONS = 'all';

/**
 * Three threads for a machine with little memory: each thread takes 10 MB, and its copy of the modules another 10 MB. Firings have
 * their own thread, so that nothing else delays a shot. The functions of a thread share its environment variables. They have
 * all permissions, because they share the access key of this machine's user.
 */
export const SHARED_THREADS: Threads = {
  threadOf: sharedThreadOf,
  // Any other name has no bundle, so its folder does not exist.
  bundleOf: (name) => (functionsByName.has(name) ? ALL_FUNCTIONS : name),
  environmentOf: (thread, ownEnvironment) =>
    Object.assign(
      {},
      ...[...functionsByName.keys()].filter((name) => sharedThreadOf(name) === thread).map(ownEnvironment),
      { AWS_ACCESS_KEY_ID: USER_ACCESS_KEY },
    ),
};

function sharedThreadOf(name: string): string {
  if (name === 'fire-prebooking') return 'firings';
  return servesRoutes(name) ? 'routes' : 'background';
}
