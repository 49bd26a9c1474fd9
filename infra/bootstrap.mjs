// Runs before every npm script, on any Node from 20 on. It installs the lockfile's packages once, among them the Node that
// the script itself then runs on. It imports built-in modules only, because no package may be installed yet.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The first version that runs .ts files without a flag. */
const MIN_NODE = [22, 18];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
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
  const [major, minor] = version.trim().slice(1).split('.').map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return;
  console.error(
    `Node ${MIN_NODE.join('.')} or newer is needed; this is ${version.trim()}. Install Node 24 and try again.`,
  );
  process.exit(1);
}
