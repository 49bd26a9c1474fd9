import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, by one core or by waiting (test/README.md, "What is slow"). */
const LONGEST = [
  'test/stories/crash.test.ts',
  'test/firing/evidence-matrix.test.ts',
  'test/stories/month.test.ts',
  'test/sessions/interleaved.test.ts',
  'test/firing/faults.test.ts',
  'test/stories/predecessor.test.ts',
];

/** Starts the longest files first. If one of them started last, the other cores would wait for it. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification) => {
      const rank = LONGEST.findIndex((file) => moduleId.endsWith(`/${file}`));
      return rank === -1 ? LONGEST.length : rank;
    };
    return (await super.sort(files)).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}
