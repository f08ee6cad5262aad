import { map, mergeMap } from 'rxjs';
import { Mux, send } from 'rxmux';
import { json, toMessages } from 'rxmux/messages';
import { type Caller, type Order, orders } from '../caller.js';
import { loopback } from '../loopback.js';

/** Messages in JSON without methods: a channel for each stream, which is asked for by its first message. */
export const messagesJson: Caller = {
  async connect() {
    const { near, far } = await loopback();
    new Mux(far).channels$
      .pipe(
        map((channel) => toMessages<number, Order>(channel, json())),
        mergeMap((messages) => messages.inbound$.pipe(mergeMap((count) => send(orders(count), messages)))),
      )
      .subscribe();
    const mux = new Mux(near);
    return {
      echo: () => Promise.reject(new Error('there are no methods')),
      values: async (count, onValue) => {
        const { inbound$, outbound$ } = toMessages<Order, number>(mux.open(), json());
        outbound$.next(count);
        outbound$.complete();
        await inbound$.forEach(onValue);
      },
    };
  },
};
