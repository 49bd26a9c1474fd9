import { expect, test } from 'vitest';
import { SIMPLE_FAULTS } from '../../../infra/simulator/faults.ts';
import { DEFAULTS } from '../../../infra/simulator/switches.ts';
import { BEHAVIOUR } from '../../support/simulator/behaviour/table.ts';
import { scenes } from '../../support/simulator/switched.ts';

const scene = scenes();

const points = Object.entries(BEHAVIOUR);
const rows = points.flatMap(([point, all]) =>
  all.map((one) => [`${point} · ${JSON.stringify(one.switches)} · ${one.says}`, one] as const),
);

test.each(rows)('%s', async (_name, { switches, ask, wanted, answer }) => {
  const opened = await scene(switches);
  const said = await ask(opened, opened.simulator.addClass(wanted ?? { opensInMs: 0 }));

  if (typeof answer === 'object' && !Array.isArray(answer)) expect(said).toMatchObject(answer ?? {});
  else expect(said).toEqual(answer);
});

test('every point of the table has rows, and each row names one thing', () => {
  expect(points.filter(([, all]) => all.length < 3)).toEqual([]);
  expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length);
});

test('every switch and every fault has its rows', () => {
  const all = rows.map(([, one]) => one);
  const covered = new Set(all.flatMap(({ switches }) => Object.keys(switches)));
  const struck = new Set(all.flatMap(({ switches }) => switches.faultRates?.map(({ fault }) => fault.kind) ?? []));

  expect(covered).toEqual(new Set(Object.keys(DEFAULTS)));
  expect(struck).toEqual(new Set([...SIMPLE_FAULTS, 'status', 'slow', 'answer']));
});
