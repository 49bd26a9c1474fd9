import type { FunctionDefinition } from './function-definition.ts';
import { AIMHARDER_ORIGINS } from './grants.ts';

/** The check of AimHarder with an account of the operator's. It uses no table, and no secret of the members. */
export const DOCTOR_FUNCTIONS = {
  'check-aimharder': {
    onlyWith: 'doctor',
    everyHours: 6,
    // A check takes half a minute. If AimHarder answers none of its some thirty requests, each waits for 8 s.
    timeoutSeconds: 300,
    // It aims as a firing does, to find whether AimHarder's clock can be learned.
    memoryMB: 512,
    secrets: ['doctor'],
    raises: 'aimharder-changed',
    settings: [...AIMHARDER_ORIGINS, 'DOCTOR_KNOWN_CHANGES'],
    impact: 'Nobody is hurt yet: whether AimHarder still works as this service assumes is not checked any more.',
  },
} as const satisfies Record<string, FunctionDefinition>;
