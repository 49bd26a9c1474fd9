import { resolve } from 'node:path';
import type { Environment } from '../../lib/platform/environment.ts';

/** The names of the files and folders in a data folder (infra/local/README.md, "The data folder"). */
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
  /** The bundles of the functions that the running process uses. */
  bundles: 'bundles',
  /** Locks the folder for the process that uses it. A backup does not copy it. */
  lock: 'lock.sqlite',
  /** Tells commands of the folder's owner the address and the token of the running process. */
  control: 'control.json',
  /** A backup that is being made, or that `npm run backup` has not moved away yet. */
  copy: 'backup.new',
} as const;

/** Finds the data folder of `npm start`: `DATA_DIR`, or `.local` in the current folder. */
export const dataDirFrom = (environment: Environment): string => resolve(environment['DATA_DIR'] || '.local');
