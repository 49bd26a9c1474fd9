import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Documents } from '../../lib/platform/dynamodb.ts';
import { encrypt } from '../../lib/platform/encryption.ts';
import { systemClock as clock } from '../../lib/platform/system-clock.ts';
import type { Part } from '../../lib/refresh/slot-parts.ts';
import { hashBucket } from '../../lib/sessions/session.ts';
import { keys, WHEEL } from './refresh-parts.ts';
import type { SlotRunFigures } from './refresh-slot-run.ts';

const BATCH = 25;
/** The heap limit of a slot run, in MB. A run that kept refreshed sessions in memory would crash. */
export const HEAP_MB = 192;

/** Starts the database or an AimHarder in a process of its own, as `refresh-servers.ts` describes. */
export async function startServer(...what: readonly string[]): Promise<{ child: ChildProcess; endpoint: string }> {
  const child = startScript('refresh-servers.ts', what);
  const [line] = await once(child.stdout, 'data');
  return { child, endpoint: String(line).trim() };
}

/** Runs one worker in a process of its own, which refreshes its part repeatedly. */
export async function runWorker(endpoints: readonly string[], { first, last }: Part): Promise<SlotRunFigures> {
  const args = [...endpoints, String(first), String(last)];
  const child = startScript('refresh-slot-run.ts', args, [`--max-old-space-size=${HEAP_MB}`]);
  const lines: unknown[] = [];
  child.stdout.on('data', (chunk: unknown) => lines.push(chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The slot run ended with ${code}.`);
  return JSON.parse(lines.join('')) as SlotRunFigures;
}

function startScript(name: string, args: readonly string[], options: readonly string[] = []) {
  const script = fileURLToPath(new URL(`./${name}`, import.meta.url));
  return spawn(process.execPath, [...options, script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Stores sessions of one slot. */
export async function seed(documents: Documents, size: number): Promise<void> {
  const at = new Date(clock.now()).toISOString();
  const item = (index: number) => {
    const key = { email: `member-${index}@example.com`, fingerprint: `bg-${index.toString(16).padStart(40, '0')}` };
    const encrypted = (text: string, purpose: string) => encrypt(keys, text, [key.email, key.fingerprint, purpose]);
    return {
      ...key,
      sessionType: 'background',
      protected: true,
      state: 'active',
      tokenVersion: 'seeded',
      createdAt: at,
      updatedAt: at,
      lastTokenUpdateAt: at,
      tokenUpdateCount: 0,
      boxes: [],
      refreshSlot: WHEEL.slots * hashBucket(key, WHEEL.shards),
      token: encrypted('7|1795000000|0123456789abcdef', 'token'),
      cookies: encrypted(
        JSON.stringify(
          ['amhrdrauth', 'PHPSESSID', 'AWSALB', 'AWSALBCORS'].map((name) => ({ name, value: 'x'.repeat(60) })),
        ),
        'cookies',
      ),
    };
  };
  const batches = Array.from({ length: Math.ceil(size / BATCH) }, (_, batch) => batch).values();
  const worker = async () => {
    for (const batch of batches) {
      const items = Array.from({ length: Math.min(BATCH, size - batch * BATCH) }, (_, index) =>
        item(batch * BATCH + index),
      );
      await documents.send(
        new BatchWriteCommand({ RequestItems: { sessions: items.map((Item) => ({ PutRequest: { Item } })) } }),
      );
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}
