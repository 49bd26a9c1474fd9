import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { OPTIONS } from '../../../infra/options.ts';
import { EACH_OPTION, EVERY_OPTION } from '../../support/infra/every-option.ts';
import { type Synthesized, synthesized } from '../../support/infra/synthesized.ts';

const findings = ({ app }: Synthesized) =>
  [new AwsSolutionsChecks(), new ServerlessChecks()].flatMap((pack) =>
    pack
      .validateScope(app)
      .violations.map(({ ruleName, violatingResources }) => [
        ruleName,
        violatingResources.map(({ constructPath }) => constructPath),
      ]),
  );

/** They change values within resources that are there without them. */
const VALUES = [
  'stage',
  'logRetentionDays',
  'throttle',
  'allowedEmails',
  'accountConcurrency',
  'fireReservedConcurrency',
];
const options = Object.entries(EACH_OPTION).filter(([name]) => !VALUES.includes(name));

test.each<[string, Readonly<Record<string, string>>]>([
  ['by default', {}],
  ...options.map(([name, option]): [string, Readonly<Record<string, string>>] => [`with the option ${name}`, option]),
  ['with every option', EVERY_OPTION],
])('cdk-nag finds nothing in the stack %s that is not explained', (_name, context) => {
  expect(findings(synthesized(context))).toEqual([]);
});

test('no option is left out here', () => {
  expect(Object.keys(OPTIONS).toSorted()).toEqual(Object.keys(EVERY_OPTION).toSorted());
});
