import type { Act } from './actions.ts';
import { type Clause, NEVER } from './without-condition.ts';

type Removal = readonly [
  name: string,
  request: RegExp,
  clause: Clause,
  /** Stories of these acts break an invariant soonest. */
  acts: readonly Act['act'][],
];

const TOKENS = /^SET #token = /;
const LOCK = /^SET refreshingUntil = .* IF tokenVersion/s;
const LOAD_AND_LOCK = /^SET refreshingUntil = .* IF #state/s;
const ANY_LOCK = /^SET refreshingUntil/;
const FREE = /\(NOT refreshingUntil.*turn = :turn\)/;
const BACKGROUND = /^SET #boxes = /;
const DELETION = /^DELETE IF attribute_not_exists\(email\) OR protected/;
const CLEAN_UP = /^DELETE IF #state = :ended OR/;
const LOGINS = /loginBefore/;

/**
 * The conditions of writes, and their clauses: an invariant breaks without any one of them. The clauses that recognise an SDK
 * retry are tested in lost-answers.test.ts; two whose absence hardly any story shows, in session-tokens.test.ts.
 */
export const REMOVALS: readonly Removal[] = [
  ['a token write need not say which token it saw', TOKENS, {}, ['refresh', 'login', 'time']],
  [
    'a session is locked for a token that was replaced',
    LOCK,
    { clause: /tokenVersion = :seen/ },
    ['refresh', 'logout'],
  ],
  ['a session is locked that another caller has locked', LOCK, { clause: FREE }, ['refresh']],
  [
    'a refresh lock never expires',
    ANY_LOCK,
    { clause: /refreshingUntil >= :now/, instead: 'attribute_exists(refreshingUntil)' },
    ['refresh', 'wheel'],
  ],
  ['the wheel locks a session that another caller has locked', LOAD_AND_LOCK, { clause: FREE }, ['refresh', 'wheel']],
  ['the wheel locks a dead session', LOAD_AND_LOCK, { clause: /#state = :active/ }, ['wheel']],
  ['the wheel locks a reserved session', LOAD_AND_LOCK, { clause: /NOT holdUntil >= :now/ }, ['wheel', 'reserve']],
  [
    'a failure is recorded on a session that is gone',
    /^SET lastTokenUpdateError/,
    {},
    ['refresh', 'logout', 'end-background'],
  ],
  ['a session is marked dead whatever its token', /^SET #state = :required/, {}, ['refresh', 'login']],
  [
    'a session is marked dead that another caller refreshes',
    /^SET #state = :required/,
    { clause: FREE },
    ['refresh', 'use'],
  ],
  [
    'a member counts as notified of another session',
    /^REMOVE untold/,
    {},
    ['wheel', 'login', 'end-background', 'forget'],
  ],
  ['a session is ended whatever its token', /^SET #state = :ended/, {}, ['refresh', 'login', 'logout']],
  ['a session is ended that another caller refreshes', /^SET #state = :ended/, { clause: FREE }, ['refresh', 'use']],
  [
    'a session is reserved that is gone',
    /^SET holdUntil/,
    { clause: /attribute_exists\(email\)/ },
    ['reserve', 'end-background'],
  ],
  ['a reservation is shortened', /^SET holdUntil/, { clause: /NOT holdUntil >= :until/ }, ['reserve']],
  ['the deletion of a background session needs no confirmation', DELETION, {}, ['end-background']],
  [
    'the deletion of an absent session needs one',
    DELETION,
    { clause: /attribute_not_exists\(email\)/, instead: NEVER },
    ['logout'],
  ],
  ['the clean-up deletes a session that a login has renewed', CLEAN_UP, {}, ['clean-up', 'time', 'login']],
  ['the clean-up deletes a young session', CLEAN_UP, { clause: /createdAt < :before/ }, ['clean-up', 'time', 'login']],
  [
    'the clean-up deletes background sessions',
    CLEAN_UP,
    { clause: /sessionType = :device/ },
    ['clean-up', 'time', 'login'],
  ],
  [
    'a slow login undoes a later one',
    BACKGROUND,
    { clause: /^attribute_not_exists\(loggedInAt\) .* #state <> :state/ },
    ['login'],
  ],
  ['a slow login undoes a later one of its device', /^PUT IF/, {}, ['login']],
  ['no login replaces another', BACKGROUND, { clause: /loggedInAt < :loggedInAt/, instead: NEVER }, ['login']],
  [
    'a login with a kept password replaces any session',
    BACKGROUND,
    { clause: /tokenVersion = :seen/ },
    ['wheel', 'login', 'end-background'],
  ],
  [
    'more than two logins with a kept password are made in an hour',
    LOGINS,
    { clause: /\(attribute_not_exists\(loginBefore\).*\)/ },
    ['wheel'],
  ],
  [
    'logins are counted for a password that is gone',
    LOGINS,
    { clause: /attribute_exists\(email\)/ },
    ['wheel', 'forget'],
  ],
  ['a newer password is forgotten', /#password = :envelope/, {}, ['wheel', 'change-password']],
  ['two runs have one minute', /^SET #minute = :minute/, {}, ['wheel']],
];
