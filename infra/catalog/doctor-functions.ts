import type { FunctionDefinition } from './function-definition.ts';
import { AIMHARDER_ORIGINS } from './grants.ts';

/** The scheduled check of AimHarder, with an account of the operator's. It uses no table, and no secret of the members. */
export const DOCTOR_FUNCTIONS = {
  'check-aimharder': {
    onlyWith: 'doctor',
    everyHours: 6,
    // A check takes half a minute. At worst each of its about 30 requests waits 8 s for an answer: 240 s in all.
    timeoutSeconds: 300,
    // The check measures AimHarder's clock as a firing does, so it needs as much memory as a firing.
    memoryMB: 512,
    secrets: ['doctor'],
    raisesAlarm: 'aimharder-changed',
    settings: [...AIMHARDER_ORIGINS, 'DOCTOR_KNOWN_CHANGES'],
    impact: 'Nobody is hurt yet, but nothing checks any more whether AimHarder still works as this service assumes.',
  },
} as const satisfies Record<string, FunctionDefinition>;
