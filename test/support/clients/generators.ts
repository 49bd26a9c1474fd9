import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSource } from 'oazapfts';
import { generateApi } from 'swagger-typescript-api';
import type { ClientGenerator } from './generated-client.ts';

/** Functions over `fetch`, one for each operation. */
export const oazapfts: ClientGenerator = {
  generate: async (folder) => writeFile(join(folder, 'api.ts'), await generateSource(join(folder, 'openapi.json'))),
  program: `
import * as api from './api.ts';

export async function book({ url, email, password, box, day, classId }: Visit): Promise<Visited> {
  api.defaults.baseUrl = url;
  const login = await api.login({ email, password });
  if (login.status !== 200) throw new Error(String(login.status));
  api.defaults.headers = { authorization: 'Bearer ' + login.data.accessToken };
  const stateOf = async () => {
    const listed = await api.listClasses(box, day, { days: 1 });
    if (listed.status !== 200) throw new Error(String(listed.status));
    return listed.data.classes.find((one) => one.classId === classId)?.state ?? 'unlisted';
  };
  const before = await stateOf();
  const booked = await api.bookClass({ box, day, classId });
  const bookings = await api.listBookings({ limit: 1 });
  const refused = await api.listClasses(box, 'no day');
  return {
    before,
    after: await stateOf(),
    status: booked.status === 201 ? booked.data.status : String(booked.status),
    listed: bookings.status === 200 ? bookings.data.bookings.length : -1,
    refused: refused.status === 400 ? (refused.data.code ?? '') : String(refused.status),
  };
}
`,
};

/** A class with a method for each operation. */
export const swaggerTypescriptApi: ClientGenerator = {
  generate: (folder) =>
    generateApi({ input: join(folder, 'openapi.json'), output: folder, fileName: 'api.ts', silent: true }),
  program: `
import { Api } from './api.ts';

export async function book({ url, email, password, box, day, classId }: Visit): Promise<Visited> {
  const api = new Api<string>({
    baseUrl: url,
    securityWorker: (token) => (token ? { headers: { authorization: 'Bearer ' + token } } : {}),
  });
  const { data: { accessToken } } = await api.v1.login({ email, password });
  api.setSecurityData(accessToken);
  const stateOf = async () => {
    const { data } = await api.v1.listClasses({ box, day, days: 1 });
    return data.classes.find((one) => one.classId === classId)?.state ?? 'unlisted';
  };
  const before = await stateOf();
  const { data: booked } = await api.v1.bookClass({ box, day, classId });
  const { data: { bookings } } = await api.v1.listBookings({ limit: 1 });
  const refused = await api.v1.listClasses({ box, day: 'no day' }).catch(({ error }) => error.code);
  return { before, after: await stateOf(), status: booked.status, listed: bookings.length, refused };
}
`,
};
