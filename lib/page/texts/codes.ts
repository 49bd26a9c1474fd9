import type { Problem, Result } from '../api-types.ts';

export type ProblemCode = Problem['code'];
export type Outcome = Result['outcome'];
