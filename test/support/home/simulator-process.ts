import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import * as z from 'zod/mini';

const Origins = z.object({ origin: z.string(), login: z.string(), box: z.string() });
const Started = z.object({
  origins: Origins,
  admin: z.string(),
  demo: z.object({ email: z.string(), password: z.string() }),
});
const Added = z.object({ box: z.string(), day: z.string(), classId: z.string(), opensAt: z.string() });
const Reservations = z.array(z.object({ email: z.string(), waitlisted: z.boolean() }));

/** A simulated AimHarder in another process, standing where the real one would. */
export type SimulatorProcess = Awaited<ReturnType<typeof startSimulatorProcess>>;

export async function startSimulatorProcess(options: object = {}) {
  const child: ChildProcess = spawn(process.execPath, ['infra/simulator/main.ts', JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('The simulator has no output.');
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { origins, admin, demo } = Started.parse(JSON.parse(String(line)));
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${admin}${path}`, body ? { method: 'POST', body: JSON.stringify(body) } : {});
    return answer.json();
  };
  return {
    demo,
    /** The variables that make `--live` take it for the real AimHarder. */
    variables: {
      AIMHARDER_ORIGIN: origins.origin,
      AIMHARDER_LOGIN_ORIGIN: origins.login,
      AIMHARDER_BOX_ORIGIN: origins.box,
    },
    addClass: async (wanted: object) => Added.parse(await ask('/classes', wanted)),
    reservations: async (classId: string) => Reservations.parse(await ask(`/reservations?classId=${classId}`)),
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}
