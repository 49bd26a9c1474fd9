import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { removeRegions, trimSdk } from '../../../infra/bundle/trim-sdk.ts';

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
  const [whole, trimmed] = [await load(source), await load(removeRegions(source))];
  const regions = whole.flatMap(({ id, regions: of }) => Object.keys(of).map((region) => ({ id, region })));
  const findPartition = (region: string) =>
    trimmed.find(({ regions: of, regionRegex }) => region in of || new RegExp(regionRegex).test(region))?.id;

  expect(regions.length).toBeGreaterThan(30);
  for (const { id, region } of regions) expect([region, findPartition(region)]).toEqual([region, id]);
  expect(trimmed.flatMap(({ regions: of }) => Object.keys(of)).length).toBeLessThan(regions.length / 3);
});

/** Bundles a client of the SDK as the functions are, and reports of each of its errors whether instanceof recognises it. */
async function errorsOf(client: string): Promise<Readonly<Record<string, boolean>>> {
  const contents = `import * as sdk from '@aws-sdk/${client}';
    export const errors = Object.fromEntries(
      Object.entries(sdk).filter(([, Type]) => typeof Type === 'function' && Type.prototype instanceof Error)
        .map(([name, Type]) => [name, new Type({ $metadata: {} }) instanceof Type]));`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    ...{
      bundle: true,
      format: 'cjs',
      platform: 'node',
      write: false,
      mainFields: ['module', 'main'],
      plugins: [trimSdk],
    },
  });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', outputFiles[0]?.text ?? '')(
    module,
    module.exports,
    createRequire(import.meta.url),
  );
  return z.object({ errors: z.record(z.string(), z.boolean()) }).parse(module.exports).errors;
}

test.each(['client-scheduler', 'client-lambda', 'client-dynamodb', 'client-sqs'])(
  'the errors of %s are recognised by their class',
  async (client) => {
    const errors = await errorsOf(client);

    expect(Object.keys(errors).length).toBeGreaterThan(3);
    expect(Object.entries(errors).filter(([, isRecognised]) => !isRecognised)).toEqual([]);
  },
);

/** An operation of a client's schema: its type, namespace, name and traits. */
const Operation = z.tuple([z.literal(9), z.string(), z.string(), z.unknown()], z.unknown());

test.each([
  'client-dynamodb',
  'client-eventbridge',
  'client-lambda',
  'client-scheduler',
  'client-secrets-manager',
  'client-sesv2',
  'client-sqs',
])('no operation of %s puts a prefix before its host: the code for that is left out', async (client) => {
  const exported: object = await import(`@aws-sdk/${client}`);
  const operations = Object.values(exported).flatMap((one) => {
    const { data } = Operation.safeParse(one);
    return data ? [{ name: data[2], traits: data[3] }] : [];
  });

  expect(operations.length).toBeGreaterThan(10);
  expect(operations.filter(({ traits }) => JSON.stringify(traits).includes('"endpoint"'))).toEqual([]);
});
