import type { EventData, EventMessage, EventName, Input, MethodName, Output } from './contract.ts';
import { fromWire, type Reply } from './errors.ts';

/** What carries the contract: in process, Electron IPC, HTTP with a WebSocket. */
export interface Transport {
  call(method: string, input: unknown): Promise<Reply<unknown>>;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (message: EventMessage) => void): () => void;
}

/** Typed door to a backend over any transport. */
export interface Client {
  /** @throws GraftError with the backend's code. */
  call<M extends MethodName>(method: M, input: Input<M>): Promise<Output<M>>;
  on<E extends EventName>(event: E, listener: (data: EventData<E>) => void): () => void;
}

export function createClient(transport: Transport): Client {
  return {
    async call(method, input) {
      const reply = (await transport.call(method, input)) as Reply<never>;
      if (!reply.ok) throw fromWire(reply.error);
      return reply.value;
    },
    on(event, listener) {
      return transport.subscribe((message) => {
        if (message.event === event) listener(message.data as never);
      });
    },
  };
}
