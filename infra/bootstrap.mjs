// Runs before every npm script, on whatever Node the machine has: installs what the lockfile asks for, once,
// and with it the Node that the rest of the script then runs on. Built-ins only, because nothing else is there yet.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = [22, 18]; // first to run .ts files without a flag
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.lockfile-sha256');
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.log('Installing dependencies …');
  install();
  writeFileSync(stamp, wanted);
}
refuseOldNode();

function install() {
  // Install scripts are skipped: everything used here ships its binary inside its package.
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
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  console.error(
    `Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${version.trim()}. Install Node 24 and try again.`,
  );
  process.exit(1);
}
