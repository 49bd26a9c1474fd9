import * as z from 'zod/mini';
import { decodeOptions } from '../../infra/simulator/decode-options.ts';
import { startSimulator } from '../../infra/simulator/simulator.ts';

/**
 * Starts simulators in this process, one for each options object of the JSON list in the first argument. Sends the parent
 * their addresses, then applies the switches that the parent sends and confirms them.
 */
const simulators = await Promise.all(
  z
    .array(z.unknown())
    .parse(JSON.parse(process.argv[2] ?? '[]'))
    .map((options) => startSimulator(decodeOptions(options))),
);
process.send?.(simulators.map(({ origins, demo }) => ({ origins, demo })));

process.on('message', (changes) => {
  for (const simulator of simulators) simulator.set(decodeOptions(changes));
  process.send?.('set');
});
process.once('disconnect', () => process.exit(0));
