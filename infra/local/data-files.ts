import { resolve } from 'node:path';
import type { Environment } from '../../lib/platform/environment.ts';

/** The names of what lies in a data folder (infra/local/README.md, "The data folder"). */
export const DATA_FILES = {
  database: 'database',
  schedules: 'schedules.sqlite',
  messages: 'messages.sqlite',
  events: 'events.sqlite',
  inbox: 'inbox.sqlite',
  sent: 'sent.sqlite',
  keys: 'keys.json',
  salt: 'salt.json',
  push: 'push.json',
  description: 'folder.json',
  simulator: 'gym.sqlite',
  /** What the running process's functions run from. */
  bundles: 'bundles',
  /** Locks the folder for its process. A copy has its own. */
  lock: 'lock.sqlite',
  /** Names the running process to commands of the folder's owner. */
  control: 'control.json',
  /** A copy that is being made, or waits for the command that asked for it. */
  copy: 'backup.new',
} as const;

/** Finds the data folder of `npm start`: `DATA_DIR`, or `.local` in the current folder. */
export const dataDirFrom = (environment: Environment): string => resolve(environment['DATA_DIR'] || '.local');
