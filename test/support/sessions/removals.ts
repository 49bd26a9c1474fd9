import type { Replay } from '../property.ts';
import type { Act } from './actions.ts';
import { type Clause, NEVER } from './without-condition.ts';

type Removal = readonly [
  name: string,
  request: RegExp,
  clause: Clause,
  /** The kinds of acts whose stories break an invariant soonest. */
  acts: readonly Act['act'][],
  /** A recorded story that breaks an invariant. If it no longer does, interleaved.test.ts shows a story to record instead. */
  shownBy: Replay,
];

const TOKENS = /^SET #token = /;
const LOCK = /^SET refreshingUntil = .* IF tokenVersion/s;
const LOAD_AND_LOCK = /^SET refreshingUntil = .* IF #state/s;
const ANY_LOCK = /^SET refreshingUntil/;
const FREE = /NOT refreshingUntil >= :now/;
const FREE_OR_OWN = /\(NOT refreshingUntil.*turn = :turn\)/;
const BACKGROUND = /^SET #boxes = /;
const DELETION = /^DELETE IF attribute_not_exists\(email\) OR protected/;
const CLEAN_UP = /^DELETE IF #state = :ended OR/;
const LOGINS = /loginBefore/;

/**
 * The conditions of writes, and their clauses. Without any one of them, some story breaks an invariant. Two more clauses, whose
 * removal hardly any story shows, are tested in session-tokens.test.ts.
 */
export const REMOVALS: readonly Removal[] = [
  [
    'a token write need not say which token it saw',
    TOKENS,
    {},
    ['refresh', 'login', 'time'],
    { seed: 2026, path: '24' },
  ],
  [
    'a session is locked for a token that was replaced',
    LOCK,
    { clause: /tokenVersion = :seen/ },
    ['refresh', 'logout'],
    { seed: 2026, path: '46' },
  ],
  [
    'a session is locked that another caller has locked',
    LOCK,
    { clause: FREE },
    ['refresh'],
    { seed: 2026, path: '0' },
  ],
  [
    'a refresh lock never expires',
    ANY_LOCK,
    { clause: /refreshingUntil >= :now/, instead: 'attribute_exists(refreshingUntil)' },
    ['refresh', 'wheel'],
    { seed: 2026, path: '0' },
  ],
  [
    'the wheel locks a session that another caller has locked',
    LOAD_AND_LOCK,
    { clause: FREE },
    ['refresh', 'wheel'],
    { seed: 2026, path: '0' },
  ],
  [
    'the wheel locks a dead session',
    LOAD_AND_LOCK,
    { clause: /#state = :active/ },
    ['wheel'],
    { seed: 2026, path: '1' },
  ],
  [
    'the wheel locks a reserved session',
    LOAD_AND_LOCK,
    { clause: /NOT holdUntil >= :now/ },
    ['wheel', 'reserve'],
    { seed: 2026, path: '0' },
  ],
  [
    'a failure is recorded on a session that is gone',
    /^SET lastTokenUpdateError/,
    {},
    ['refresh', 'logout', 'end-background'],
    { seed: 2026, path: '59' },
  ],
  [
    'a session is marked dead whatever its token',
    /^SET #state = :required/,
    {},
    ['refresh', 'login'],
    { seed: 2026, path: '2' },
  ],
  [
    'a session is marked dead that another caller refreshes',
    /^SET #state = :required/,
    { clause: FREE_OR_OWN },
    ['refresh', 'use'],
    { seed: 2026, path: '53' },
  ],
  [
    'a member counts as notified of another session',
    /^REMOVE untold/,
    {},
    ['wheel', 'login', 'end-background', 'forget'],
    { seed: 2026, path: '52' },
  ],
  [
    'a session is ended whatever its token',
    /^SET #state = :ended/,
    {},
    ['refresh', 'login', 'logout'],
    { seed: 2026, path: '25' },
  ],
  [
    'a session is ended that another caller refreshes',
    /^SET #state = :ended/,
    { clause: FREE_OR_OWN },
    ['refresh', 'use'],
    { seed: 2026, path: '24' },
  ],
  [
    'a session is reserved that is gone',
    /^SET holdUntil/,
    { clause: /attribute_exists\(email\)/ },
    ['reserve', 'end-background'],
    { seed: 2026, path: '0' },
  ],
  [
    'a reservation is shortened',
    /^SET holdUntil/,
    { clause: /NOT holdUntil >= :until/ },
    ['reserve'],
    { seed: 2026, path: '0' },
  ],
  [
    'the deletion of a background session needs no confirmation',
    DELETION,
    {},
    ['end-background'],
    { seed: 2026, path: '1' },
  ],
  [
    'the deletion of an absent session needs one',
    DELETION,
    { clause: /attribute_not_exists\(email\)/, instead: NEVER },
    ['logout'],
    { seed: 2026, path: '0' },
  ],
  [
    'the clean-up deletes a session that a login has renewed',
    CLEAN_UP,
    {},
    ['clean-up', 'time', 'login'],
    { seed: 2026, path: '7' },
  ],
  [
    'the clean-up deletes a young session',
    CLEAN_UP,
    { clause: /createdAt < :before/ },
    ['clean-up', 'time', 'login'],
    { seed: 2082758654, path: '59' },
  ],
  [
    'the clean-up deletes background sessions',
    CLEAN_UP,
    { clause: /sessionType = :device/ },
    ['clean-up', 'time', 'login'],
    { seed: 1055625770, path: '56' },
  ],
  [
    'a slow login undoes a later one',
    BACKGROUND,
    { clause: /^attribute_not_exists\(loggedInAt\) .* #state <> :state/ },
    ['login'],
    { seed: 2026, path: '0' },
  ],
  ['a slow login undoes a later one of its device', /^PUT IF/, {}, ['login'], { seed: 2026, path: '0' }],
  [
    'no login replaces another',
    BACKGROUND,
    { clause: /loggedInAt < :loggedInAt/, instead: NEVER },
    ['login'],
    { seed: 2026, path: '0' },
  ],
  [
    'a login with a kept password replaces any session',
    BACKGROUND,
    { clause: /tokenVersion = :seen/ },
    ['wheel', 'login', 'end-background'],
    { seed: 2026, path: '47' },
  ],
  [
    'more than two logins with a kept password are made in an hour',
    LOGINS,
    { clause: /\(attribute_not_exists\(loginBefore\)[^)]*\)/ },
    ['wheel'],
    { seed: 2026, path: '44' },
  ],
  [
    'logins are counted for a password that is gone',
    LOGINS,
    { clause: /attribute_exists\(email\)/ },
    ['wheel', 'forget'],
    { seed: 2026, path: '164' },
  ],
  [
    'a newer password is forgotten',
    /#password = :envelope/,
    {},
    ['wheel', 'change-password'],
    { seed: 2026, path: '34' },
  ],
  ['two runs have one minute', /^SET #minute = :minute/, {}, ['wheel'], { seed: 2026, path: '5' }],
];
