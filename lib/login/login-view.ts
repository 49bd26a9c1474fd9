import * as z from 'zod/mini';
import { SessionView, sessionView } from '../sessions/session-view.ts';
import type { LoggedIn } from './dual-login.ts';

// The schema serves only the OpenAPI document. The call that makes it is marked as pure, so that esbuild leaves it out of
// the functions' bundles.

/** The answer to a login. */
export const LoginView = /* @__PURE__ */ (() =>
  z.strictObject({
    accessToken: z.string(),
    tokenType: z.literal('Bearer'),
    expiresAt: z.iso.datetime(),
    session: SessionView,
    backgroundSession: z.nullable(SessionView),
    warnings: z.array(z.strictObject({ code: z.string(), message: z.string() })),
  }))();

/** Builds the answer to a login. */
export function loginView({ accessToken, session: device, backgroundSession, warnings }: LoggedIn) {
  const session = sessionView(device, device.fingerprint);
  return {
    accessToken,
    tokenType: 'Bearer',
    expiresAt: session.expiresAt,
    session,
    backgroundSession: backgroundSession && sessionView(backgroundSession, device.fingerprint),
    warnings,
  };
}
