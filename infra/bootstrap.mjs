// Runs before every npm script, on any Node from 20 on. If the lockfile has changed, it installs the packages, among them the
// Node that the npm script then runs on. It imports built-in modules only, because no package may be installed yet.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The first version that runs .ts files without a flag: major and minor. */
const MIN_NODE = [22, 18];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Holds the hash of the lockfile whose packages are installed. */
const stamp = join(root, 'node_modules', '.lockfile-sha256');
const lockfileHash = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lockfileHash) {
  console.log('Installing dependencies …');
  install();
  writeFileSync(stamp, lockfileHash);
}
refuseOldNode();

function install() {
  // No package needs its install script, because each ships its binary.
  const flags = ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  // On Windows npm is a script, which only a shell can start.
  const shell = process.platform === 'win32';
  try {
    execFileSync('npm', flags, { cwd: root, stdio: 'inherit', shell });
  } catch {
    console.error('Installing the dependencies failed; the lines above say why. Is the npm registry reachable?');
    process.exit(1);
  }
}

function refuseOldNode() {
  const local = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
  const command = existsSync(local) ? local : process.execPath;
  const shell = process.platform === 'win32';
  const version =
    command === process.execPath ? process.version : execFileSync(command, ['-v'], { encoding: 'utf8', shell });
  // A version is written like v24.1.0.
  const [major, minor] = version.trim().slice(1).split('.').map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return;
  console.error(
    `Node ${MIN_NODE.join('.')} or newer is needed; this is ${version.trim()}. Install Node 24 and try again.`,
  );
  process.exit(1);
}
