import * as z from 'zod/mini';
import { startSimulator } from '../../infra/simulator/simulator.ts';

/**
 * Simulators in a process of their own: one for each options object of the JSON list in the first argument. Tells where they
 * are, then throws the switches it is sent, and says so.
 */
const simulators = await Promise.all(
  z
    .array(z.looseObject({}))
    .parse(JSON.parse(process.argv[2] ?? '[]'))
    .map(startSimulator),
);
process.send?.(simulators.map(({ origins, demo }) => ({ origins, demo })));

process.on('message', (changes) => {
  for (const simulator of simulators) simulator.set(z.looseObject({}).parse(changes));
  process.send?.('set');
});
process.once('disconnect', () => process.exit(0));
