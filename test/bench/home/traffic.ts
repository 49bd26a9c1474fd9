import { DAY, SECOND } from '../../../lib/platform/clock.ts';
import { systemClock as clock } from '../../../lib/platform/system-clock.ts';

const BOX = 'crossfit-demo';
const PASSWORD = 'demo-password';

/** How many requests of a member may run at once: a machine that falls behind is not flooded. */
const MAX_AT_ONCE = 200;

type Answer = { readonly status: number; readonly body: unknown };
type Call = (method: string, path: string, body?: object) => Promise<Answer>;
type Listed = { readonly classId: string; readonly day: string; readonly state: string; readonly startsAt: string };
/** @property email the member's. @property feed the path of the member's calendar. */
type Member = { readonly email: string; token: string; feed: string; logins: number };

/** Counts of answers by status, and of requests that got none. `excused`: those while the service could not answer. */
export type Answered = {
  readonly byStatus: Record<string, number>;
  requests: number;
  unanswered: number;
  excused: number;
  skipped: number;
};

/** Sends mixed requests of several members at a rate: each is one step of a story that the member plays. */
export class Traffic {
  readonly answered: Answered = { byStatus: {}, requests: 0, unanswered: 0, excused: 0, skipped: 0 };
  /** Whether the service is known to be down. */
  isExcused = false;
  readonly #url: string;
  readonly #members: readonly Member[];
  readonly #stories: Generator<(member: Member) => Promise<void>>;
  #next = 0;
  #running = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(url: string, members: number, name = 'm') {
    this.#url = url;
    this.#members = Array.from({ length: members }, (_, n) => ({
      email: `${name}${n}@example.com`,
      token: '',
      feed: '',
      logins: 0,
    }));
    this.#stories = this.#mix();
  }

  /** Logs every member in, one after the other. */
  async logIn(): Promise<void> {
    for (const member of this.#members) {
      await this.#login(member);
      const { body } = await this.#as(member)('POST', '/v1/calendar');
      member.feed = new URL(text(body, 'url'), this.#url).pathname;
    }
  }

  /** Orders a class for every member. */
  async orderAll({ box, day, classId, opensAt }: Record<'box' | 'day' | 'classId' | 'opensAt', string>): Promise<void> {
    for (const member of this.#members)
      await this.#as(member)('POST', '/v1/prebookings', { box, day, classId, opensAt });
  }

  /** Returns how a member sends requests, as one more of the traffic. @param n the member's number. */
  as = (n: number): Call => this.#as(this.#member(n));

  emailOf = (n: number): string => this.#member(n).email;

  #member(n: number): Member {
    const member = this.#members[n];
    if (!member) throw new Error(`There is no member ${n}.`);
    return member;
  }

  /** @param rate requests a second. */
  start(rate: number): void {
    const startedAt = clock.monotonic();
    const before = this.answered.requests;
    this.#timer = setInterval(() => {
      const due = before + ((clock.monotonic() - startedAt) / SECOND) * rate;
      while (this.answered.requests + this.answered.skipped < due) this.#startNext();
    }, 20);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#running > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  #startNext(): void {
    const member = this.#members[this.#next % this.#members.length];
    this.#next += 1;
    if (!member || this.#running >= MAX_AT_ONCE) {
      this.answered.skipped += 1;
      return;
    }
    const story = this.#stories.next().value;
    this.#running += 1;
    void story(member)
      .catch(() => undefined)
      .finally(() => {
        this.#running -= 1;
      });
  }

  *#mix(): Generator<(member: Member) => Promise<void>, never> {
    const get = (path: string) => async (member: Member) => void (await this.#as(member)('GET', path));
    for (;;) {
      yield (member) => this.#login(member);
      yield (member) => this.#order(member);
      yield (member) => this.#book(member);
      yield (member) => this.#classes(member, 1).then(() => undefined);
      yield get('/v1/sessions');
      yield get('/v1/prebookings');
      yield async (member) => void (await this.#send('GET', member.feed));
      yield get('/openapi.json');
      yield get('/docs');
      yield (member) => this.#classes(member, 2).then(() => undefined);
      yield get('/v1/routines');
      yield get('/v1/notifications');
      yield get('/v1/nowhere');
    }
  }

  async #login(member: Member): Promise<void> {
    member.logins += 1;
    // The next login is another device's, so that it does not end the session that other requests still use.
    const fingerprint = `phone-1234${member.logins % 4}`;
    const credentials = { email: member.email, password: PASSWORD, fingerprint };
    const { status, body } = await this.#send('POST', '/v1/login', credentials);
    if (status === 200) member.token = text(body, 'accessToken');
  }

  async #order(member: Member): Promise<void> {
    const one = (await this.#classes(member, 12)).at(this.#next % 7);
    if (!one) return;
    const opensAt = new Date(Date.parse(one.startsAt) - DAY).toISOString();
    const order = { box: BOX, day: one.day, classId: one.classId, opensAt };
    const { body } = await this.#as(member)('POST', '/v1/prebookings', order);
    const id = text(field(body, 'prebooking'), 'id');
    if (id !== '') await this.#as(member)('DELETE', `/v1/prebookings/${id}`);
  }

  async #book(member: Member): Promise<void> {
    const one = (await this.#classes(member, 1)).find(({ state }) => state === 'bookable');
    if (!one) return;
    const order = { box: BOX, day: one.day, classId: one.classId };
    const { body } = await this.#as(member)('POST', '/v1/bookings', order);
    const id = text(field(body, 'booking'), 'bookingId');
    if (id !== '') await this.#as(member)('DELETE', `/v1/bookings/${id}?box=${BOX}&late=true`);
  }

  async #classes(member: Member, daysAhead: number): Promise<readonly Listed[]> {
    const day = new Date(clock.now() + daysAhead * DAY).toISOString().slice(0, 10);
    const { body } = await this.#as(member)('GET', `/v1/classes?box=${BOX}&day=${day}`);
    const classes = field(body, 'classes');
    return Array.isArray(classes) ? classes.map((one) => ({ ...one, day })) : [];
  }

  #as({ token }: Member): Call {
    return (method, path, body) => this.#send(method, path, body, token);
  }

  async #send(method: string, path: string, body?: object, token?: string): Promise<Answer> {
    const { answered } = this;
    answered.requests += 1;
    try {
      const response = await fetch(new URL(path, this.#url), {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      const content = await response.text();
      const key = response.status < 400 ? String(response.status) : `${response.status} ${method} ${routeOf(path)}`;
      answered.byStatus[key] = (answered.byStatus[key] ?? 0) + 1;
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      return { status: response.status, body: isJson ? JSON.parse(content) : content };
    } catch (error) {
      if (this.isExcused) answered.excused += 1;
      else answered.unanswered += 1;
      throw error;
    }
  }
}

/** The first two parts of a path, which name its route without any secret. */
const routeOf = (path: string): string => path.split(/[/?]/).slice(0, 3).join('/');

const field = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;

function text(body: unknown, name: string): string {
  const value = field(body, name);
  return typeof value === 'string' ? value : '';
}
