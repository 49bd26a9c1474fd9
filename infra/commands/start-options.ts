import { type Origins, originsFrom } from '../../lib/aimharder/origins.ts';
import type { Environment } from '../../lib/platform/environment.ts';
import { checkSettings } from '../catalog/check-settings.ts';
import { pickSettings } from '../catalog/function-definition.ts';
import { dataDirFrom } from '../local/data-files.ts';
import { type Reach, readReach } from '../local/reach.ts';
import { WrongSetting } from '../local/wrong-setting.ts';

export type StartOptions = {
  readonly port: number;
  readonly dataDir: string;
  readonly reach: Reach;
  /** AimHarder's addresses; undefined if the simulator stands in for AimHarder. */
  readonly upstream: Origins | undefined;
  /** Whether the service runs for members (`--live`): without the simulator, and without watching the sources. */
  readonly isLive: boolean;
};

const DEFAULT_PORT = 3000;

const ORIGIN_VARIABLES = ['AIMHARDER_ORIGIN', 'AIMHARDER_LOGIN_ORIGIN', 'AIMHARDER_BOX_ORIGIN'];

/** Reads the arguments and the settings of `npm start`. @throws WrongSetting. */
export function readStartOptions(argv: readonly string[], environment: Environment): StartOptions {
  const stray = argv.find((argument) => argument !== '--live');
  if (stray !== undefined) throw new WrongSetting(`npm start does not know ${stray}. It takes --live, or nothing.`);
  const isLive = argv.length > 0;
  checkPublicUrl(environment);
  const options = {
    port: parsePort(environment['PORT']),
    dataDir: dataDirFrom(environment),
    reach: readReach(environment),
    upstream: readUpstream(environment, isLive),
    isLive,
  };
  refuseWrongSettings(environment);
  return options;
}

/**
 * Reads AimHarder's three addresses. Setting only some of them is refused, because the other requests would go to the real AimHarder.
 *
 * @returns the real AimHarder's addresses if none is set and the service runs for members; undefined if none is set otherwise.
 */
function readUpstream(environment: Environment, isLive: boolean): Origins | undefined {
  const missing = ORIGIN_VARIABLES.filter((variable) => !environment[variable]);
  if (missing.length > 0 && missing.length < ORIGIN_VARIABLES.length)
    throw new WrongSetting(`Set ${missing.join(' and ')} too, or none of the three.`);
  if (missing.length > 0 && !isLive) return undefined;
  return orWrongSetting(() => originsFrom(environment));
}

/** Checks the functions' settings (`checkSettings`). @throws WrongSetting */
const refuseWrongSettings = (environment: Environment): void =>
  orWrongSetting(() => checkSettings(pickSettings(environment)));

function orWrongSetting<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new WrongSetting(error instanceof Error ? error.message : 'A setting cannot be read.');
  }
}

function parsePort(text: string | undefined): number {
  const port = Number(text || DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new WrongSetting(`PORT must be a number from 0 to 65535, not ${text}.`);
  return port;
}

function checkPublicUrl({ PUBLIC_URL: text }: Environment): void {
  if (text && !/^https?:$/.test(URL.parse(text)?.protocol ?? ''))
    throw new WrongSetting(`PUBLIC_URL must be an address such as https://gym.example.com, not ${text}.`);
}
