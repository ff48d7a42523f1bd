import type { JoinRequest, MembershipMessage } from '../wire/messages.ts';
import { FencedError, HandshakeError } from './errors.ts';
import type { ExchangeOptions, Membership } from './exchange.ts';

/**
 * The membership as the member sees it that asked with `request`.
 * @throws HandshakeError when rank 0 sent something that is none; FencedError when another attempt of this rank is in it.
 */
export function membershipOf(
  { generation, members, step, stateHash, source }: MembershipMessage,
  request: JoinRequest,
  { replicas, elastic }: Pick<ExchangeOptions, 'replicas' | 'elastic'>,
): Membership {
  const { rank, attempt } = request;
  const isWhole = elastic !== undefined || members.length === replicas;
  const isOrdered = members.every((member, i) => i === 0 || member.rank > (members[i - 1]?.rank ?? -1));
  if (!isWhole || !isOrdered) {
    throw new HandshakeError('replicas', `rank 0 sent a membership of ${members.length} for ${replicas}`);
  }
  const selfIndex = members.findIndex((member) => member.rank === rank);
  const self = members[selfIndex];
  if (self?.attempt !== attempt) {
    throw new FencedError(rank, attempt, `attempt ${self?.attempt} is the member`);
  }
  const isBehind = request.step !== step || request.stateHash !== stateHash;
  return {
    generation,
    members,
    selfIndex,
    step,
    stateHash,
    copiedFrom: isBehind ? source : undefined,
    restored: isBehind,
  };
}
