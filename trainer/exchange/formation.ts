import type { Abort, JoinReply, JoinRequest, MembershipMessage } from '../wire/messages.ts';
import { admit } from './admission.ts';
import type { Admission } from './admission.ts';
import type { Clock, Timer } from './clock.ts';
import { COORDINATOR as SELF, defer } from './coordination.ts';
import type { ElasticBounds } from './exchange.ts';
import { mostAdvanced } from './most-advanced.ts';

/** Rank 0's end of one Join stream. */
export interface JoinSession {
  reply(reply: JoinReply): void;
  end(): void;
}

/** What rank 0 knows of how the job should be staffed; it may change at any time and outlives a generation. */
export interface Staffing {
  /** Ranks below this are waited for. */
  wantedSize: number;
  /** The newest attempt of each rank that is known of, so that an older one never comes back. */
  readonly newestAttempts: Map<number, number>;
}

export interface FormationOptions {
  readonly clock: Clock;
  readonly replicas: number;
  readonly elastic?: ElasticBounds | undefined;
  readonly staffing: Staffing;
  /** A worker was not admitted. */
  readonly onRefused: (rank: number, reason: string) => void;
}

export interface Joined {
  readonly request: JoinRequest;
  /** Absent for rank 0 itself. */
  readonly session: JoinSession | undefined;
}

/** Who has joined the coming generation, without gRPC. It is formed once, when everyone who must be there is. */
export class Formation {
  readonly #options: FormationOptions;
  readonly #joined = new Map<number, Joined>();
  /** Last refusal per rank, to explain why a rank never came. */
  readonly #refusals = new Map<number, string>();
  readonly #formed = defer<MembershipMessage>();
  #graceTimer: Timer | undefined;
  #graceIsOver = false;
  #membership: MembershipMessage | undefined;

  constructor(options: FormationOptions) {
    this.#options = options;
  }

  get membership(): MembershipMessage | undefined {
    return this.#membership;
  }

  /** Rank 0 itself is there. Resolves with the membership; rejects when the states that were brought do not fit. */
  begin(own: JoinRequest): Promise<MembershipMessage> {
    const { clock, elastic, staffing } = this.#options;
    this.#joined.set(SELF, { request: own, session: undefined });
    staffing.newestAttempts.set(SELF, own.attempt);
    if (elastic !== undefined) {
      this.#graceTimer = clock.after(elastic.graceSeconds * 1000, () => this.#endGrace());
    }
    this.#formIfComplete();
    return this.#formed.promise;
  }

  /** What is to be done about a request, whether the generation is formed already or not. Changes nothing. */
  admission(rank: number, request: JoinRequest): Admission {
    const { replicas, elastic, staffing, onRefused } = this.#options;
    const { newestAttempts } = staffing;
    const own = this.#joined.get(SELF)?.request;
    if (own === undefined) {
      return { kind: 'refuse', field: 'generation', message: 'rank 0 is not forming a membership' };
    }
    if (rank >= staffing.wantedSize && rank < (elastic?.maxReplicas ?? 0)) {
      // The operator has started it already, and says so with its next poll.
      return { kind: 'refuse', field: 'generation', message: `rank ${rank} is not wanted yet` };
    }
    const admission = admit(rank, request, {
      maxReplicas: elastic?.maxReplicas ?? replicas,
      replicas: elastic === undefined ? replicas : undefined,
      own,
      joined: new Map(
        [...this.#joined].map(
          ([
            r,
            {
              request: { attempt, instance },
            },
          ]) => [r, { attempt, instance }],
        ),
      ),
      newestAttempts,
    });
    if (admission.kind === 'refuse' || admission.kind === 'fence') {
      this.#refusals.set(rank, admission.message);
      onRefused(rank, admission.message);
    } else {
      newestAttempts.set(rank, request.attempt);
    }
    return admission;
  }

  /** Takes a process in whose request was admitted. */
  add(rank: number, request: JoinRequest, session: JoinSession): void {
    this.#refusals.delete(rank);
    this.#joined.set(rank, { request, session });
    this.#formIfComplete();
    if (this.#membership === undefined) this.#replyToAll({ waiting: this.#waiting() });
  }

  /** The staffing has changed: nobody may be missing any more, and who has joined may be an older attempt. */
  reconsider(): void {
    if (this.#membership !== undefined) return;
    const { newestAttempts } = this.#options.staffing;
    for (const [rank, { request, session }] of this.#joined) {
      if (request.attempt >= (newestAttempts.get(rank) ?? 0)) continue;
      // It asks again, and is told that it is fenced.
      this.#joined.delete(rank);
      session?.end();
    }
    this.#formIfComplete();
  }

  /** The session of the process that has joined as this rank. */
  sessionOf(rank: number): JoinSession | undefined {
    return this.#joined.get(rank)?.session;
  }

  /** A process left before the generation was formed. */
  remove(rank: number): void {
    this.#joined.delete(rank);
  }

  missing(): number[] {
    return this.#wantedRanks().filter((rank) => !this.#joined.has(rank));
  }

  explain(): string {
    return [...this.#refusals].map(([rank, reason]) => `rank ${rank} was refused: ${reason}`).join('; ');
  }

  /** Tells those who have joined and are not in `except` why there will be no generation. */
  abort(abort: Abort, except: ReadonlySet<number>): void {
    this.#graceTimer?.cancel();
    for (const [rank, { session }] of this.#joined) if (!except.has(rank)) session?.reply({ abort });
  }

  close(): void {
    this.#graceTimer?.cancel();
    for (const { session } of this.#joined.values()) session?.end();
  }

  #endGrace(): void {
    this.#graceIsOver = true;
    this.#formIfComplete();
  }

  #formIfComplete(): void {
    if (this.#membership !== undefined || !this.#isComplete()) return;
    this.#graceTimer?.cancel();
    const requests = [...this.#joined.values()]
      .map(({ request }) => request)
      .filter(({ rank }) => rank < this.#options.staffing.wantedSize)
      .sort((one, other) => one.rank - other.rank);
    try {
      const { step, stateHash, source } = mostAdvanced(requests);
      const generation = Math.max(...requests.map((request) => request.generationSeen)) + 1;
      const members = requests.map(({ rank, attempt, address }) => ({ rank, attempt, address }));
      this.#membership = { generation, members, step, stateHash, source };
    } catch (error) {
      this.#formed.reject(error);
      return;
    }
    this.#replyToAll({ membership: this.#membership });
    this.#formed.resolve(this.#membership);
  }

  #isComplete(): boolean {
    if (!this.#joined.has(SELF)) return false;
    if (this.missing().length === 0) return true;
    const { elastic } = this.#options;
    return elastic !== undefined && this.#graceIsOver && this.#joined.size >= elastic.minReplicas;
  }

  #waiting(): NonNullable<JoinReply['waiting']> {
    return { ranks: this.missing(), attempt: this.#joined.get(SELF)?.request.attempt ?? 0 };
  }

  #wantedRanks(): number[] {
    return Array.from({ length: this.#options.staffing.wantedSize }, (_, rank) => rank);
  }

  #replyToAll(reply: JoinReply): void {
    for (const { session } of this.#joined.values()) session?.reply(reply);
  }
}
