import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AimHarder, type AimHarderSession, UpstreamFailure } from '../../lib/aimharder/client.ts';
import type { Documents } from '../../lib/platform/dynamodb.ts';
import { refreshSession } from '../../lib/sessions/refresh.ts';
import { DEVICE_LIFETIME } from '../../lib/sessions/session.ts';
import { startDynamo } from '../support/dynamo.ts';
import { background, device, sessionStores, steppedClock } from '../support/session-world.ts';

/*
 * Logins, logouts, deletions and refreshes of one member, against the real engine. A refresh begins, AimHarder takes its
 * time, and whatever else happens in between; only then comes its answer. After every step the stored sessions are
 * compared with a model. A token is "<fingerprint>#<n>", and n grows with every one AimHarder issues: so whose a token is,
 * and which of two is newer, can be read off it.
 */

const DEVICES = ['phone-12345', 'tablet-12345'] as const;
type Upstream = 'updated' | 'logout' | 'timeout' | 'whoami';
type Step =
  | { readonly kind: 'login'; readonly device: string }
  | { readonly kind: 'logout'; readonly device: string | undefined }
  | { readonly kind: 'begin-refresh'; readonly device: string | undefined; readonly upstream: Upstream }
  | { readonly kind: 'answer'; readonly which: number }
  | { readonly kind: 'end-background'; readonly confirmed: boolean }
  | { readonly kind: 'week' };

const anyDevice = fc.constantFrom(...DEVICES);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('login' as const), device: anyDevice }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('logout' as const), device: fc.option(anyDevice, { nil: undefined }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('begin-refresh' as const),
      device: fc.option(anyDevice, { nil: undefined }),
      upstream: fc.constantFrom<Upstream>('updated', 'updated', 'logout', 'timeout', 'whoami'),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('answer' as const), which: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end-background' as const), confirmed: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'week' as const }) },
);
const history = fc.array(step, { minLength: 3, maxLength: 25, size: 'max' });

let database: Awaited<ReturnType<typeof startDynamo>>;
let members = 0;
beforeAll(async () => {
  database = await startDynamo();
});
afterAll(() => database.stop());

/** What a session should hold: the number of its token, which write that was, and whether AimHarder has ended it. */
type Expected = { readonly token: number; readonly write: number; readonly state: string; readonly born: number };
type Refresh = {
  readonly fingerprint: string;
  readonly seen: number;
  readonly token: number;
  readonly upstream: Upstream;
  answer(): void;
  readonly done: Promise<unknown>;
};

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

async function play(documents: Documents, steps: readonly Step[]): Promise<void> {
  members += 1;
  const email = `model-${members}@example.com`;
  const clock = { ...steppedClock(), until: () => new Promise<void>((resolve) => setImmediate(resolve)) };
  const { sessions, tokens } = sessionStores(documents, clock);
  const backgroundFingerprint = background(email).fingerprint;
  const model = new Map<string, Expected>();
  const refreshes: Refresh[] = [];
  const waiting: Promise<unknown>[] = [];
  let numbers = 0;
  let writes = 0;
  const next = () => {
    numbers += 1;
    return numbers;
  };
  const expectWrite = (fingerprint: string, token: number, born: number) => {
    writes += 1;
    model.set(fingerprint, { token, write: writes, state: 'active', born });
  };

  async function login(name: string): Promise<void> {
    const [first, second] = [next(), next()];
    await tokens.storeSession(background(email, `${backgroundFingerprint}#${first}`));
    await tokens.storeSession(device(email, name, `${name}#${second}`));
    expectWrite(backgroundFingerprint, first, clock.now());
    expectWrite(name, second, clock.now());
  }

  /** Begins a refresh and waits until AimHarder is asked, or until it turns out that it will not be. */
  async function beginRefresh(fingerprint: string, upstream: Upstream): Promise<void> {
    const session = await sessions.find({ email, fingerprint });
    const seen = model.get(fingerprint);
    if (!session || !seen || seen.state !== 'active') return;
    if (refreshes.some((other) => other.fingerprint === fingerprint && other.seen === seen.write)) {
      const second = refreshSession(
        { aimHarder: neverAsked, sessions, tokens, clock, logger: quiet },
        session,
        new AbortController().signal,
      );
      waiting.push(
        second.then(
          () => undefined,
          (error: unknown) => error,
        ),
      );
      return;
    }
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const token = next();
    const aimHarder = aimHarderThat(upstream, token, asked.resolve, answered.promise);
    const done = refreshSession(
      { aimHarder, sessions, tokens, clock, logger: quiet },
      session,
      new AbortController().signal,
    );
    await asked.promise;
    refreshes.push({ fingerprint, seen: seen.write, token, upstream, answer: answered.resolve, done });
  }

  async function answer(which: number): Promise<void> {
    const [refresh] = refreshes.splice(which % Math.max(1, refreshes.length), 1);
    if (!refresh) return;
    refresh.answer();
    await refresh.done;
    const { fingerprint, token, upstream } = refresh;
    const now = model.get(fingerprint);
    if (now?.write !== refresh.seen) return;
    if (upstream === 'updated') expectWrite(fingerprint, token, now.born);
    if (upstream === 'whoami') expectWrite(fingerprint, now.token, now.born);
    if (upstream !== 'logout') return;
    if (fingerprint === backgroundFingerprint) model.set(fingerprint, { ...now, state: 'login-required' });
    else model.delete(fingerprint);
  }

  async function perform(one: Step): Promise<void> {
    switch (one.kind) {
      case 'login':
        return login(one.device);
      case 'logout':
        await sessions.deleteSession(email, { sessionType: 'device', ...(one.device && { fingerprint: one.device }) });
        for (const name of one.device ? [one.device] : DEVICES) model.delete(name);
        return;
      case 'begin-refresh':
        return beginRefresh(one.device ?? backgroundFingerprint, one.upstream);
      case 'answer':
        return answer(one.which);
      case 'end-background': {
        const ended = sessions.deleteSession(email, {
          fingerprint: backgroundFingerprint,
          confirmProtectedDeletion: one.confirmed,
        });
        if (one.confirmed || !model.has(backgroundFingerprint)) await ended;
        else await expect(ended).rejects.toMatchObject({ code: 'session-protected' });
        if (one.confirmed) model.delete(backgroundFingerprint);
        return;
      }
      case 'week':
        // No answer of AimHarder's is waited for longer than the turn to ask for it lasts.
        while (refreshes.length > 0) await answer(0);
        clock.advance(DEVICE_LIFETIME);
        for (const [fingerprint, { born }] of model) {
          if (fingerprint !== backgroundFingerprint && clock.now() - born >= DEVICE_LIFETIME) model.delete(fingerprint);
        }
        await sessions.cleanupExpiredSessions();
    }
  }

  async function compare(): Promise<void> {
    const stored = await Promise.all(
      (await sessions.getAllUserSessions(email)).map(
        async (session) =>
          [session.fingerprint, { token: (await tokens.open(session)).token, state: session.state }] as const,
      ),
    );
    const expected = [...model].map(
      ([fingerprint, { token, state }]) => [fingerprint, { token: `${fingerprint}#${token}`, state }] as const,
    );
    expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(expected));
  }

  for (const one of [...steps, ...Array<Step>(steps.length).fill({ kind: 'answer', which: 0 })]) {
    await perform(one);
    await compare();
  }
  expect((await Promise.all(waiting)).filter(Boolean)).toEqual([]);
}

const neverAsked = {
  updateToken: () => Promise.reject(new Error('two callers rotate one token')),
} as unknown as AimHarder;

function aimHarderThat(upstream: Upstream, number: number, asked: () => void, answered: Promise<void>): AimHarder {
  return {
    async updateToken(session: AimHarderSession) {
      asked();
      await answered;
      if (upstream === 'timeout') throw new UpstreamFailure('upstream-timeout', 'late', { mayHaveBeenSent: true });
      if (upstream === 'logout') return { kind: 'logged-out' };
      if (upstream === 'whoami') return { kind: 'gone' };
      return { kind: 'updated', session: { ...session, token: `${session.fingerprint}#${number}` } };
    },
    whoAmI: async (session: AimHarderSession) => ({ kind: 'member', session, boxes: [] }),
  } as unknown as AimHarder;
}

const property = (documents: () => Documents) => fc.asyncProperty(history, (steps) => play(documents(), steps));

test('sessions keep their promises in whatever order things happen', async () => {
  await fc.assert(
    property(() => database.documents),
    { numRuns: 60 },
  );
}, 60_000);

/** The same engine, with one condition taken out of the requests. */
function without(condition: RegExp): Documents {
  const send: Documents['send'] = ((command: unknown, ...rest: []) => {
    if (
      (command instanceof UpdateCommand || command instanceof DeleteCommand) &&
      condition.test(conditionOf(command))
    ) {
      const { ConditionExpression: _, ExpressionAttributeValues: values = {}, ...input } = command.input;
      const used = Object.entries(values).filter(
        ([name]) => 'UpdateExpression' in input && new RegExp(`${name}\\b`).test(input.UpdateExpression ?? ''),
      );
      const bare = { ...input, ...(used.length > 0 && { ExpressionAttributeValues: Object.fromEntries(used) }) };
      return database.documents.send(
        (command instanceof UpdateCommand ? new UpdateCommand(bare) : new DeleteCommand(bare)) as never,
        ...rest,
      );
    }
    return database.documents.send(command as never, ...rest);
  }) as Documents['send'];
  return new Proxy(database.documents, { get: (target, name) => (name === 'send' ? send : Reflect.get(target, name)) });
}

/** Which request it is, and under which condition. */
const conditionOf = (command: UpdateCommand | DeleteCommand): string =>
  `${command instanceof UpdateCommand ? command.input.UpdateExpression : 'DELETE'} IF ${command.input.ConditionExpression ?? ''}`;

test('they keep them too when no condition is taken out of the requests', async () => {
  await fc.assert(
    property(() => without(/no such condition/)),
    { numRuns: 20 },
  );
});

test.each([
  ['a token write need not say which token it saw', /SET #token.* IF tokenVersion = :seen/s],
  ['nobody needs the turn to ask for a token', /SET refreshingUntil = :until IF/],
  ['a background session needs no confirmation', /DELETE IF attribute_not_exists\(email\) OR protected/],
  ['a session is ended whatever its token, or its protection', /DELETE IF tokenVersion = :seen AND protected/],
  ['a failure is noted on a session that is gone', /SET lastTokenUpdateError = .* IF tokenVersion/s],
  ['a background session is marked dead whatever its token', /SET #state = :required.* IF tokenVersion/s],
])(
  'they would not, if %s',
  async (_name, condition) => {
    const outcome = await fc.check(
      property(() => without(condition)),
      { numRuns: 300, endOnFailure: true },
    );

    expect(outcome.failed).toBe(true);
  },
  60_000,
);
