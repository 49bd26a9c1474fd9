import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reads the commands of a paper, by the heading that they stand under. */
export function readCommands(paper: string): ReadonlyMap<string, readonly string[]> {
  const sections = readFileSync(paper, 'utf8').split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => [
      section.slice(0, section.indexOf('\n')),
      [...section.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, commands = '']) => commands),
    ]),
  );
}

/**
 * Writes stand-ins for the programs that a paper's commands need of a whole machine: `git`, and systemd, which runs the unit that
 * lies where the commands have put it. What stands in for systemd reads the unit's settings as systemd does.
 *
 * @returns the folder of the stand-ins, for `PATH`.
 */
export function writeStandIns(home: string): string {
  const folder = join(home, 'stand-ins');
  mkdirSync(folder);
  for (const [name, script] of Object.entries(standIns(home))) {
    const file = join(folder, name);
    writeFileSync(file, `#!/usr/bin/env bash\n${script}`);
    chmodSync(file, 0o755);
  }
  return folder;
}

const standIns = (home: string) => ({
  // The repository is this one; its newest version, too.
  git: `[ "$1" = pull ] || ln -s '${process.cwd()}' "$3"`,
  loginctl: '[ "$1" = enable-linger ]',
  journalctl: `cat '${home}/journal'`,
  // The packages are installed; the script would install those of the lockfile.
  node: `[ "$1" = infra/bootstrap.mjs ] || exec '${process.execPath}' "$@"`,
  systemctl: `
set -e
[ "$1" = --user ]
unit="$HOME/.config/systemd/user/on-the-dot.service"
setting() { sed -n "s/^$1=-\\{0,1\\}//p" "$unit" | sed "s#%h#$HOME#g"; }
stop() {
  [ -f "$HOME/pid" ] || return 0
  kill "$(cat "$HOME/pid")"
  while kill -0 "$(cat "$HOME/pid")" 2>/dev/null; do sleep 0.05; done
  rm "$HOME/pid"
}
start() {
  cd "$(setting WorkingDirectory)"
  set -a; eval "$(setting Environment)"; . "$(setting EnvironmentFile)"; set +a
  $(setting ExecStartPre)
  $(setting ExecStart) >> "$HOME/journal" 2>&1 &
  echo $! > "$HOME/pid"
}
case "$2 $3 $4" in
  "daemon-reload  ") ;;
  "enable --now on-the-dot") start ;;
  "start on-the-dot ") start ;;
  "stop on-the-dot ") stop ;;
  *) echo "unknown: $*" >&2; exit 1 ;;
esac`,
});
