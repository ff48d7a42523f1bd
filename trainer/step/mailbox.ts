import type { EventEmitter } from 'node:events';

/**
 * Messages from another thread as awaitable values, in order. One reader at a time: the protocol of `messages.ts` is
 * a conversation, and a message that nobody expects is a defect that must show.
 */
export class Mailbox<Message extends { readonly type: string }> {
  readonly #queue: Message[] = [];
  #waiting: ((message: Message) => void) | undefined;

  constructor(port: EventEmitter) {
    port.on('message', (message: Message) => {
      const deliver = this.#waiting;
      if (deliver === undefined) {
        this.#queue.push(message);
        return;
      }
      this.#waiting = undefined;
      deliver(message);
    });
  }

  /** The next message, which must be of this type. */
  async next<Type extends Message['type']>(type: Type): Promise<Extract<Message, { type: Type }>> {
    const message =
      this.#queue.shift() ?? (await new Promise<Message>((resolve) => (this.#waiting = resolve)));
    if (message.type !== type) {
      throw new Error(`expected the message '${type}' from the other thread, got '${message.type}'`);
    }
    return message as Extract<Message, { type: Type }>;
  }
}
