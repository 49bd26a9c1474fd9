import type { Problem, Result, Routine } from '../api-types.ts';

/** The code of an error answer. */
export type ProblemCode = Problem['code'];
export type Outcome = Result['outcome'];
/** The code of what keeps a routine from booking. */
export type Obstacle = NonNullable<Routine['problem']>['code'];
