/**
 * Messages from another thread as awaitable values, in order. One reader at a time: the protocol of `messages.ts` is
 * a conversation, and a message that nobody expects is a defect that must show.
 */
export class Mailbox<Message extends { readonly type: string }> {
  readonly #queue: Message[] = [];
  #waiting: { resolve: (message: Message) => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;

  deliver(message: Message): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#queue.push(message);
    else waiting.resolve(message);
  }

  /** No further message will come: the present and every later wait rejects with the first such error. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }

  /** Ends the present wait, if there is one; what comes later can be waited for again. */
  interrupt(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  /** The next message, which must be of one of these types. */
  async next<Type extends Message['type']>(
    ...types: readonly Type[]
  ): Promise<Extract<Message, { type: Type }>> {
    const message = this.#queue.shift() ?? (await this.#arrival());
    if (!types.some((type) => type === message.type)) {
      throw new Error(
        `expected the message '${types.join("' or '")}' from the other thread, got '${message.type}'`,
      );
    }
    return message as Extract<Message, { type: Type }>;
  }

  /** The next message of this type; others before it are thrown away. */
  async skipTo<Type extends Message['type']>(type: Type): Promise<Extract<Message, { type: Type }>> {
    for (;;) {
      const message = this.#queue.shift() ?? (await this.#arrival());
      if (message.type === type) return message as Extract<Message, { type: Type }>;
    }
  }

  #arrival(): Promise<Message> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }
}
