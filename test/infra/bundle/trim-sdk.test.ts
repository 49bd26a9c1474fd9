import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { withoutRegions } from '../../../infra/bundle/trim-sdk.ts';

const PARTITIONS = 'dist-es/submodules/client/util-endpoints/lib/aws/partitions.js';
const packageJson = createRequire(import.meta.url).resolve('@aws-sdk/core/package.json');
const source = readFileSync(join(dirname(packageJson), PARTITIONS), 'utf8');

const Module = z.object({
  partitionsInfo: z.object({
    partitions: z.array(
      z.object({ id: z.string(), regionRegex: z.string(), regions: z.record(z.string(), z.unknown()) }),
    ),
  }),
});

const load = async (text: string) =>
  Module.parse(await import(`data:text/javascript,${encodeURIComponent(text)}`)).partitionsInfo.partitions;

test('every Region is still in its partition when the list of Regions is left out', async () => {
  const [whole, trimmed] = [await load(source), await load(withoutRegions(source))];
  const regions = whole.flatMap(({ id, regions: of }) => Object.keys(of).map((region) => ({ id, region })));
  const findPartition = (region: string) =>
    trimmed.find(({ regions: of, regionRegex }) => region in of || new RegExp(regionRegex).test(region))?.id;

  expect(regions.length).toBeGreaterThan(30);
  for (const { id, region } of regions) expect([region, findPartition(region)]).toEqual([region, id]);
  expect(trimmed.flatMap(({ regions: of }) => Object.keys(of)).length).toBeLessThan(regions.length / 3);
});
