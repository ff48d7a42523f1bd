import { openChannel } from '../wire/channel.ts';
import type { Channel, ChannelOptions } from '../wire/channel.ts';
import { openListener } from '../wire/listener.ts';
import type { Listener, ListenerOptions } from '../wire/listener.ts';
import { realClock } from './clock.ts';
import type { Clock } from './clock.ts';

/** All that the exchange has of the world: connections and time. A simulation puts its own in their place. */
export interface Surroundings {
  readonly clock: Clock;
  openListener(options: ListenerOptions): Promise<Listener>;
  openChannel(options: ChannelOptions): Channel;
}

export const realSurroundings: Surroundings = { clock: realClock, openListener, openChannel };
