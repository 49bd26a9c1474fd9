import * as z from 'zod/mini';
import { decodeOptions } from '../../infra/simulator/decode-options.ts';
import { startSimulator } from '../../infra/simulator/simulator.ts';
import { startTlsFront } from './tls-front.ts';

/**
 * Starts simulators in this process, one for each options object of the JSON list in the first argument; with `tls` in the
 * second, each behind a server that ends TLS. Sends the parent their addresses, then applies the switches that the parent sends and confirms them.
 */
const simulators = await Promise.all(
  z
    .array(z.unknown())
    .parse(JSON.parse(process.argv[2] ?? '[]'))
    .map((options) => startSimulator(decodeOptions(options))),
);
const overTls = process.argv[3] === 'tls';
process.send?.(
  await Promise.all(
    simulators.map(async ({ origins, demo }) => ({
      ...{ origins, demo },
      ...(overTls && { tlsPort: await startTlsFront(Number(new URL(origins.origin).port)) }),
    })),
  ),
);

process.on('message', (changes) => {
  for (const simulator of simulators) simulator.set(decodeOptions(changes));
  process.send?.('set');
});
process.once('disconnect', () => process.exit(0));
