import { countedMethod } from '../wire/counted-method.ts';
import { barrierMethod } from '../wire/messages.ts';
import { COORDINATOR } from './coordination.ts';
import type { Coordination, CoordinationEvents } from './coordination.ts';
import { Coordinator } from './coordinator.ts';
import { CoordinatorWatch } from './coordinator-watch.ts';
import type { Endpoint } from './endpoint.ts';
import type { ExchangeOptions } from './exchange.ts';
import type { Staffing } from './formation.ts';
import { RemoteCoordination } from './remote-coordination.ts';
import type { Traffic } from './traffic.ts';

/** A rank 0 that was replaced is found sooner than one that is silent: a few seconds, by default three. */
const WATCH_SHARE_OF_PEER_LOSS = 0.2;

export interface CoordinationParts {
  readonly exchange: ExchangeOptions;
  readonly endpoint: Endpoint;
  readonly traffic: Traffic;
  readonly staffing: Staffing;
}

export interface OpenCoordination {
  readonly coordination: Coordination;
  /** Where this member is rank 0: what its services ask. */
  readonly coordinator: Coordinator | undefined;
  close(): void;
}

/** One generation's coordination: rank 0 does it itself, the others ask rank 0 and watch whether it is still the one. */
export function openCoordination(parts: CoordinationParts, events: CoordinationEvents): OpenCoordination {
  return parts.exchange.rank === COORDINATOR ? ownCoordination(parts, events) : remote(parts, events);
}

function ownCoordination(
  { exchange, endpoint, staffing }: CoordinationParts,
  events: CoordinationEvents,
): OpenCoordination {
  const { replicas, elastic, scaler, stepDeadlineSeconds, onBarrier, log } = exchange;
  const coordinator = new Coordinator({
    clock: endpoint.clock,
    replicas,
    elastic,
    scaler,
    staffing,
    stepDeadlineMs: stepDeadlineSeconds * 1000,
    events,
    ...(onBarrier !== undefined && { onBarrier }),
    onRefused: (refused, reason) => log?.('warn', 'refused a worker', { refused, reason }),
  });
  return { coordination: coordinator, coordinator, close: () => coordinator.close() };
}

function remote(
  { exchange, endpoint, traffic }: CoordinationParts,
  events: CoordinationEvents,
): OpenCoordination {
  const { rank, attempt, coordinatorAddress, peerLossSeconds } = exchange;
  const client = endpoint.openCoordinatorChannel();
  const coordination = new RemoteCoordination({
    clock: endpoint.clock,
    rank,
    attempt,
    client,
    barrierMethod: countedMethod(barrierMethod, traffic.barrierMessages),
    metadata: () => endpoint.metadata(),
    events,
  });
  const watch = new CoordinatorWatch({
    clock: endpoint.clock,
    openChannel: () => endpoint.openChannel(COORDINATOR, coordinatorAddress),
    metadata: () => endpoint.metadata(),
    known: () => coordination.coordinatorAttempt,
    everyMs: peerLossSeconds * 1000 * WATCH_SHARE_OF_PEER_LOSS,
    onNewer: (newer) => events.onLost(COORDINATOR, `attempt ${newer} of it has started`),
  });
  return {
    coordination,
    coordinator: undefined,
    close: () => {
      watch.close();
      coordination.close();
      client.close();
    },
  };
}
