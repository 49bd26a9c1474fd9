import type { Act } from './actions.ts';
import { type Clause, NEVER } from './without-condition.ts';

type Removal = readonly [
  name: string,
  request: RegExp,
  clause: Clause,
  /** Of these acts the stories are made that show it soonest. */
  acts: readonly Act['act'][],
];

const TOKENS = /^SET #token = /;
const TURN = /^SET refreshingUntil = .* IF tokenVersion/s;
const WHEEL = /^SET refreshingUntil = .* IF #state/s;
const ANY_TURN = /^SET refreshingUntil/;
const FREE = /\(NOT refreshingUntil.*turn = :turn\)/;
const BACKGROUND = /^SET #boxes = /;
const DELETION = /^DELETE IF attribute_not_exists\(email\) OR protected/;
const CLEAN_UP = /^DELETE IF #state = :ended OR/;
const LOGINS = /loginBefore/;

/**
 * The conditions that keep the promises, and their clauses: without any one of them, a promise is broken. Clauses by which a
 * write knows itself are tested in lost-answers.test.ts, two that hardly any story shows in session-tokens.test.ts, and those
 * without which nothing would ever happen where it happens.
 */
export const REMOVALS: readonly Removal[] = [
  ['a token write need not say which token it saw', TOKENS, {}, ['refresh', 'login', 'time']],
  [
    'a turn is taken for a token that is there no longer',
    TURN,
    { clause: /tokenVersion = :seen/ },
    ['refresh', 'logout'],
  ],
  ['a turn is taken that another has', TURN, { clause: FREE }, ['refresh']],
  [
    'a turn never ends by itself',
    ANY_TURN,
    { clause: /refreshingUntil >= :now/, instead: 'attribute_exists(refreshingUntil)' },
    ['refresh', 'wheel'],
  ],
  ['the wheel takes a turn that another has', WHEEL, { clause: FREE }, ['refresh', 'wheel']],
  ['the wheel takes what is dead', WHEEL, { clause: /#state = :active/ }, ['wheel']],
  ['the wheel takes what is held', WHEEL, { clause: /NOT holdUntil >= :now/ }, ['wheel', 'hold']],
  ['a failure is noted on what is gone', /^SET lastTokenUpdateError/, {}, ['refresh', 'logout', 'end-background']],
  ['a session is marked dead whatever its token', /^SET #state = :required/, {}, ['refresh', 'login']],
  ['a session is marked dead that another renews', /^SET #state = :required/, { clause: FREE }, ['refresh', 'use']],
  ['a member counts as told of another session', /^REMOVE untold/, {}, ['wheel', 'login', 'end-background', 'forget']],
  ['a session is ended whatever its token', /^SET #state = :ended/, {}, ['refresh', 'login', 'logout']],
  ['a session is ended that another renews', /^SET #state = :ended/, { clause: FREE }, ['refresh', 'use']],
  [
    'a hold is noted on what is gone',
    /^SET holdUntil/,
    { clause: /attribute_exists\(email\)/ },
    ['hold', 'end-background'],
  ],
  ['a hold is lowered', /^SET holdUntil/, { clause: /NOT holdUntil >= :until/ }, ['hold']],
  ['a background session needs no confirmation', DELETION, {}, ['end-background']],
  ['what is not there needs one', DELETION, { clause: /attribute_not_exists\(email\)/, instead: NEVER }, ['logout']],
  ['the clean-up ends what a login has renewed', CLEAN_UP, {}, ['clean-up', 'time', 'login']],
  ['the clean-up ends what is young', CLEAN_UP, { clause: /createdAt < :before/ }, ['clean-up', 'time', 'login']],
  [
    'the clean-up ends background sessions',
    CLEAN_UP,
    { clause: /sessionType = :device/ },
    ['clean-up', 'time', 'login'],
  ],
  [
    'a slow login undoes the next',
    BACKGROUND,
    { clause: /^attribute_not_exists\(loggedInAt\) .* #state <> :state/ },
    ['login'],
  ],
  ['a slow login undoes the next of its device', /^PUT IF/, {}, ['login']],
  ['no login replaces another', BACKGROUND, { clause: /loggedInAt < :loggedInAt/, instead: NEVER }, ['login']],
  [
    'a healing replaces whatever is there',
    BACKGROUND,
    { clause: /tokenVersion = :seen/ },
    ['wheel', 'login', 'end-background'],
  ],
  ['more than two logins an hour are made', LOGINS, { clause: /\(attribute_not_exists\(loginBefore\).*\)/ }, ['wheel']],
  [
    'logins are counted for a password that is gone',
    LOGINS,
    { clause: /attribute_exists\(email\)/ },
    ['wheel', 'forget'],
  ],
  ['a newer password is forgotten', /#password = :envelope/, {}, ['wheel', 'change-password']],
  ['two runs have one minute', /^SET #minute = :minute/, {}, ['wheel']],
];
