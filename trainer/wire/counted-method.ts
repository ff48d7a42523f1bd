import type { MethodDefinition } from '@grpc/grpc-js';
import { GRPC_PREFIX_BYTES } from './messages.ts';

/** Told the length of every gRPC message of a method, prefix included, as it is sent or received. */
export interface MessageCounter {
  onSent(wireBytes: number): void;
  onReceived(wireBytes: number): void;
}

/** The same method, whichever end uses it, with its bytes counted where they are made. */
export function countedMethod<Request, Response>(
  method: MethodDefinition<Request, Response>,
  counter: MessageCounter,
): MethodDefinition<Request, Response> {
  const sent = <Message>(serialize: (message: Message) => Buffer) => {
    return (message: Message): Buffer => {
      const bytes = serialize(message);
      counter.onSent(bytes.length + GRPC_PREFIX_BYTES);
      return bytes;
    };
  };
  const received = <Message>(deserialize: (bytes: Buffer) => Message) => {
    return (bytes: Buffer): Message => {
      counter.onReceived(bytes.length + GRPC_PREFIX_BYTES);
      return deserialize(bytes);
    };
  };
  return {
    path: method.path,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: sent(method.requestSerialize),
    requestDeserialize: received(method.requestDeserialize),
    responseSerialize: sent(method.responseSerialize),
    responseDeserialize: received(method.responseDeserialize),
  };
}
