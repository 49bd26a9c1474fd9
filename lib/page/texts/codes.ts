import type { Problem, Result, Routine } from '../api-types.ts';

export type ProblemCode = Problem['code'];
export type Outcome = Result['outcome'];
export type Obstacle = NonNullable<Routine['problem']>['code'];
