import { forgetPassword, KeptPasswords } from '../../../../lib/login/kept-passwords.ts';
import type { Documents } from '../../../../lib/platform/dynamodb.ts';
import { defined, steppedClock, storeKeys } from '../../sessions/session-world.ts';
import { EMAIL, type LostWrite } from './lost-write.ts';

async function keptPasswords(documents: Documents) {
  const clock = steppedClock();
  const secrets = async () => ({ keys: storeKeys });
  const kept = new KeptPasswords({ documents, table: 'credentials', clock, secrets });
  await kept.keep(EMAIL, 'password');
  return kept;
}

export const KEPT_PASSWORD_WRITES: readonly LostWrite[] = [
  {
    writes: 'lib/login/kept-passwords.ts keep',
    table: 'credentials',
    prepare: async (documents) => {
      const kept = await keptPasswords(documents);
      return () => kept.keep(EMAIL, 'another');
    },
  },
  {
    writes: 'lib/login/kept-passwords.ts replaceIfKept',
    table: 'credentials',
    prepare: async (documents) => {
      const kept = await keptPasswords(documents);
      return () => kept.replaceIfKept(EMAIL, 'another');
    },
  },
  {
    writes: 'lib/login/kept-passwords.ts countRelogin',
    table: 'credentials',
    prepare: async (documents) => {
      const kept = await keptPasswords(documents);
      return () => kept.countRelogin(EMAIL);
    },
  },
  {
    writes: 'lib/login/kept-passwords.ts postponeRelogin',
    table: 'credentials',
    prepare: async (documents) => {
      const kept = await keptPasswords(documents);
      const seen = defined(await kept.find(EMAIL));
      return () => kept.postponeRelogin(seen);
    },
  },
  {
    writes: 'lib/login/kept-passwords.ts forgetUnlessReplaced',
    table: 'credentials',
    prepare: async (documents) => {
      const kept = await keptPasswords(documents);
      const seen = defined(await kept.find(EMAIL));
      return () => kept.forgetUnlessReplaced(seen);
    },
  },
  {
    writes: 'lib/login/kept-passwords.ts forgetPassword',
    table: 'credentials',
    prepare: async (documents) => {
      await keptPasswords(documents);
      return () => forgetPassword({ documents, table: 'credentials' }, EMAIL);
    },
  },
];
