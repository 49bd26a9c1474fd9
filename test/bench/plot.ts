import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { sharesOf } from './distribution.ts';

export type Series = { readonly name: string; readonly values: readonly number[] };

type Axis = {
  readonly title: string;
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  readonly log: boolean;
};

const WIDTH = 640;
const HEIGHT = 200;

/** An overview and a close-up of the same arrivals, in milliseconds after the opening. */
const PANELS: readonly Axis[] = [
  {
    title: 'First shot of each way',
    domain: [-5_000, 60_000],
    ticks: [-3_000, -1_000, -300, -100, -30, 0, 30, 100, 300, 1_000, 3_000, 10_000, 60_000],
    log: true,
  },
  { title: 'The same, close up', domain: [-20, 80], ticks: [-20, -10, 0, 10, 20, 30, 40, 50, 60, 70, 80], log: false },
];

/** Plots each series' cumulative share of values, as SVG. */
export async function plotOfShares(title: string, series: readonly Series[]): Promise<string> {
  const names = series.map(({ name }) => name);
  const values = series.flatMap(({ name, values }) => sharesOf(values).map((point) => ({ name, ...point })));
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title,
    background: 'white',
    data: { values },
    vconcat: PANELS.map((axis) => panel(axis, names)),
  };
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}

function panel({ title, domain, ticks, log }: Axis, names: string[]) {
  const scale = log ? { type: 'symlog' as const, constant: 10, domain: [...domain] } : { domain: [...domain] };
  return {
    title,
    width: WIDTH,
    height: HEIGHT,
    layer: [
      {
        mark: { type: 'line' as const, clip: true },
        encoding: {
          x: {
            field: 'value',
            type: 'quantitative' as const,
            title: 'ms after the opening, by the simulator’s clock',
            scale,
            axis: { values: [...ticks], labelOverlap: true },
          },
          y: { field: 'share', type: 'quantitative' as const, title: 'share of openings', axis: { format: '%' } },
          color: { field: 'name', type: 'nominal' as const, title: null, scale: { domain: names } },
        },
      },
      { mark: { type: 'rule' as const, strokeDash: [4, 4] }, encoding: { x: { datum: 0 } } },
    ],
  };
}
