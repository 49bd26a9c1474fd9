import { type Instant, SECOND } from '../platform/clock.ts';
import type { ProbeAnswer } from './estimate.ts';

/** What a connection knows of the connections that calibrate beside it, to the same address of the server. */
export type Company = {
  /** How many connections calibrate there now, this one included, and its place among them, from 0. */
  readonly members: number;
  readonly place: number;
  /** How many recent answers with a `Date` there are of connections that no longer calibrate. */
  readonly answersOfGone: number;
  /** The answers over all other connections, its own earlier ones included, grouped by connection. */
  readonly answers: readonly (readonly ProbeAnswer[])[];
};

export const ALONE: Company = { members: 1, place: 0, answersOfGone: 0, answers: [] };

/**
 * How long an answer of a connection that no longer calibrates saves other connections a probe, in milliseconds. The pool keeps
 * the answer longer, so that it is still there when they end.
 */
const SAVES_FOR = 30 * SECOND;

/** One connection that calibrates together with others. */
export type PoolMember = {
  /** Describes the connection's company. @param at now, on our monotonic clock: connections without a recent answer are dropped. */
  company(at: Instant): Company;
  add(answer: ProbeAnswer): void;
  /** Takes no more part. Its answers stay. */
  leave(): void;
};

/** `address`: undefined before the first answer. `isKnown`: false after an answer of an unknown address; it is not pooled then. */
type Member = { address: string | undefined; connection: number; isKnown: boolean };

type PooledConnection = {
  readonly member: Member;
  readonly connection: number;
  readonly address: string;
  readonly answers: ProbeAnswer[];
};

/** Collects the answers of the connections of one process that calibrate the clock of one box. */
export class ProbePool {
  readonly #keptFor: number;
  readonly #members = new Set<Member>();
  #connections: PooledConnection[] = [];

  /** @param keptFor how long answers are kept, in milliseconds. */
  constructor(keptFor: number) {
    this.#keptFor = keptFor;
  }

  join(): PoolMember {
    const member: Member = { address: undefined, connection: 0, isKnown: true };
    this.#members.add(member);
    return {
      company: (at) => this.#companyOf(member, at),
      add: (answer) => this.#add(member, answer),
      leave: () => this.#members.delete(member),
    };
  }

  /** Forgets all answers. */
  clear(): void {
    this.#connections = [];
  }

  #companyOf(member: Member, at: Instant): Company {
    this.#connections = this.#connections.filter(({ answers }) => at - (answers.at(-1)?.sentAt ?? at) <= this.#keptFor);
    if (!member.isKnown) return ALONE;
    const address = member.address ?? this.#connections.at(-1)?.address;
    const beside = [...this.#members].filter((one) => one.isKnown && (one.address ?? address) === address);
    const others = this.#connections.filter(
      (one) => one.address === address && (one.member !== member || one.connection !== member.connection),
    );
    return {
      members: beside.length,
      place: beside.indexOf(member),
      answersOfGone: others
        .filter((one) => !this.#members.has(one.member))
        .flatMap((one) => one.answers)
        .filter(({ date, sentAt }) => date !== undefined && at - sentAt <= SAVES_FOR).length,
      answers: others.map(({ answers }) => answers),
    };
  }

  #add(member: Member, answer: ProbeAnswer): void {
    const { address, connection } = answer;
    member.isKnown = address !== undefined;
    member.address = address;
    member.connection = connection;
    if (address === undefined) return;
    const known = this.#connections.find((one) => one.member === member && one.connection === connection);
    if (known) known.answers.push(answer);
    else this.#connections.push({ member, connection, address, answers: [answer] });
  }
}
