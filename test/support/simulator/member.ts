import type { DescribedClass, Simulator } from '../../../infra/simulator/control.ts';

export type Answer = {
  readonly status: number;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
};

/** Creates a member's browser, which sends requests to the simulator over HTTP and keeps cookies by name. */
export function browser({ origins, demo }: Simulator) {
  const jar = new Map<string, string>();

  async function send(url: string, init: RequestInit = {}): Promise<Answer> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie && { cookie }), ...Object.fromEntries(new Headers(init.headers)) };
    const response = await fetch(url, { redirect: 'manual', ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    const text = await response.text();
    return { status: response.status, text, json: parseJsonOrEmpty(text), headers: response.headers };
  }

  const form = (url: string, fields: Readonly<Record<string, string>>) =>
    send(url, { method: 'POST', body: new URLSearchParams(fields) });
  const at = (box: string, path: string) => origins.box.replace('{box}', box) + path;

  return {
    jar,
    send,
    form,
    at,

    /** Logs in by JSON. */
    login: (email: string = demo.email, fingerprint = 'phone', password: string = demo.password): Promise<Answer> =>
      send(`${origins.login}/api/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: email, password, fingerprint, iniframe: 0 }),
      }),

    whoAmI: async () => (await send(`${origins.origin}/api/whoami`)).json['data'] as readonly Record<string, unknown>[],

    tokenUpdate: (token: string, fingerprint = 'phone') =>
      form(`${origins.origin}/api/tokenUpdate`, { token, ciclo: '1', fingerprint }),

    book: ({ box, day, classId }: DescribedClass, familyId = '', insist = '0') =>
      form(at(box, '/api/book'), { id: classId, day: day.replaceAll('-', ''), insist, familyId }),

    cancel: ({ box }: DescribedClass, bookingId: string, late = '0') =>
      form(at(box, '/api/cancelBook'), { id: bookingId, late, familyId: '' }),

    list: ({ box, boxId, day }: DescribedClass) =>
      send(at(box, `/api/bookings?day=${day.replaceAll('-', '')}&familyId=&box=${boxId}`)),

    /** The class's row in the listing. */
    async row(wanted: DescribedClass): Promise<Record<string, unknown> | undefined> {
      const { json } = await this.list(wanted);
      const rows = json['bookings'] as readonly Record<string, unknown>[];
      return rows.find((row) => String(row['id']) === wanted.classId);
    },
  };
}

export type Browser = ReturnType<typeof browser>;

/** Reads the refresh token from a login's answer. */
export const readToken = ({ json }: Answer): string =>
  (json as { data: { auth: { refreshToken: string } } }).data.auth.refreshToken;

function parseJsonOrEmpty(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
