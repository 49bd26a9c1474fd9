import * as z from 'zod/mini';
import type { Login } from './login-facts.ts';

/** The secret with the account of the scheduled check: `{"email": "…", "password": "…"}`. */
export const AccountDocument = z.pipe(
  z.object({
    email: z.string().check(z.trim(), z.minLength(3), z.toLowerCase()),
    password: z.string().check(z.minLength(1)),
  }),
  z.transform((account): Login => account),
);
