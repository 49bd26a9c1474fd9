import type { Expression, MemberExpression } from 'oxc-parser';
import { type Finding, type Source, search } from './sources.ts';

/** Finds where the time of day is read: `Date.now`, `new Date()`, `Date()`. */
export const findWallClockReads = (source: Source): readonly Finding[] =>
  search(source, (report) => ({
    MemberExpression: (node) => isMember(node, 'Date', 'now') && report(node, 'reads Date.now'),
    NewExpression: (node) =>
      isNamed(node.callee, 'Date') && node.arguments.length === 0 && report(node, 'reads new Date()'),
    CallExpression: (node) => isNamed(node.callee, 'Date') && report(node, 'reads Date()'),
  }));

/** Finds where elapsed time is measured: `performance`, `process.hrtime`, `process.uptime`. */
export const findStopwatchReads = (source: Source): readonly Finding[] =>
  search(source, (report, code) => ({
    MemberExpression: (node) =>
      (isNamed(node.object, 'performance') || isMember(node, 'process', 'hrtime', 'uptime')) &&
      report(node, `reads ${code(node)}`),
  }));

/** Finds where a client of AWS is created without limits (lib/platform/aws-client.ts): it would wait for an answer without end. */
export const findUnlimitedClients = (source: Source): readonly Finding[] =>
  search(source, (report, code) => ({
    NewExpression: (node) =>
      /^new [A-Z]\w*Client\(/.test(code(node)) &&
      !/clientLimits\(|CLIENT_LIMITS/.test(code(node)) &&
      report(node, code(node)),
  }));

/** Finds where a timer is set: `setTimeout`, `setInterval`, `AbortSignal.timeout`, an import of `node:timers`. */
export const findTimers = (source: Source): readonly Finding[] =>
  search(source, (report, code) => ({
    CallExpression: ({ callee }) =>
      (isNamed(callee, 'setTimeout') || isNamed(callee, 'setInterval')) && report(callee, `calls ${code(callee)}`),
    MemberExpression: (node) => isMember(node, 'AbortSignal', 'timeout') && report(node, 'reads AbortSignal.timeout'),
    ImportDeclaration: (node) =>
      /^node:timers|^timers/.test(node.source.value) && report(node, `imports ${node.source.value}`),
  }));

/** Finds where the environment of the process is read. */
export const findEnvironmentReads = (source: Source): readonly Finding[] =>
  search(source, (report) => ({
    MemberExpression: (node) => isMember(node, 'process', 'env') && report(node, 'reads process.env'),
  }));

const isNamed = (node: Expression, name: string) => node.type === 'Identifier' && node.name === name;

const isMember = ({ object, property }: MemberExpression, of: string, ...names: readonly string[]) =>
  isNamed(object, of) && property.type === 'Identifier' && names.includes(property.name);
