import { type Instant, SECOND } from '../platform/clock.ts';
import type { ProbeAnswer } from './estimate.ts';

/** What one member of a pool, which is a firing, sees of the connections to the same address of the server. */
export type PoolView = {
  /** How many members calibrate there now, this one included. */
  readonly members: number;
  /** This member's position among them, from 0. */
  readonly index: number;
  /** How many recent answers with a `Date` there are of members that no longer calibrate. */
  readonly answersOfFormerMembers: number;
  /** The answers over all connections except the member's current one, grouped by connection. */
  readonly answers: readonly (readonly ProbeAnswer[])[];
};

/** The view of a member that shares nothing with others: it is alone, or the address of its answers is unknown. */
export const ALONE: PoolView = { members: 1, index: 0, answersOfFormerMembers: 0, answers: [] };

/**
 * How long an answer of a member that no longer calibrates saves other members a probe, in milliseconds. The pool keeps the
 * answer longer, because the other members still calibrate with it.
 */
const SAVES_FOR = 30 * SECOND;

/** One firing that calibrates together with others, over one connection at a time. */
export type PoolMember = {
  /** Describes the pool to this member, and drops connections without a recent answer. @param at now, on our monotonic clock. */
  view(at: Instant): PoolView;
  add(answer: ProbeAnswer): void;
  /** Ends the membership. The member's answers stay in the pool. */
  leave(): void;
};

type Member = {
  /** The server's address; undefined before the first answer. */
  address: string | undefined;
  /** The number of the current connection. */
  connection: number;
  /** False after an answer without an address: the member's answers are then not pooled. */
  hasKnownAddress: boolean;
};

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

  /** Adds a firing to the pool, until it leaves. */
  join(): PoolMember {
    const member: Member = { address: undefined, connection: 0, hasKnownAddress: true };
    this.#members.add(member);
    return {
      view: (at) => this.#viewFor(member, at),
      add: (answer) => this.#add(member, answer),
      leave: () => this.#members.delete(member),
    };
  }

  /** Forgets all answers. */
  clear(): void {
    this.#connections = [];
  }

  #viewFor(member: Member, at: Instant): PoolView {
    this.#connections = this.#connections.filter(({ answers }) => at - (answers.at(-1)?.sentAt ?? at) <= this.#keptFor);
    if (!member.hasKnownAddress) return ALONE;
    // Before its first answer, a member is assumed to reach the address that the others reach.
    const address = member.address ?? this.#connections.at(-1)?.address;
    const peers = [...this.#members].filter((peer) => peer.hasKnownAddress && (peer.address ?? address) === address);
    // The member knows the answers over its current connection by itself.
    const others = this.#connections.filter(
      (other) => other.address === address && (other.member !== member || other.connection !== member.connection),
    );
    return {
      members: peers.length,
      index: peers.indexOf(member),
      answersOfFormerMembers: others
        .filter((other) => !this.#members.has(other.member))
        .flatMap((other) => other.answers)
        .filter(({ date, sentAt }) => date !== undefined && at - sentAt <= SAVES_FOR).length,
      answers: others.map(({ answers }) => answers),
    };
  }

  #add(member: Member, answer: ProbeAnswer): void {
    const { address, connection } = answer;
    member.hasKnownAddress = address !== undefined;
    member.address = address;
    member.connection = connection;
    if (address === undefined) return;
    const known = this.#connections.find((other) => other.member === member && other.connection === connection);
    if (known) known.answers.push(answer);
    else this.#connections.push({ member, connection, address, answers: [answer] });
  }
}
