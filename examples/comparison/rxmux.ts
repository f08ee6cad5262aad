import { pipeline } from 'node:stream';
import { identity, mergeMap, take, tap } from 'rxjs';
import { Mux, toDuplex } from 'rxmux';
import { type Contender, cutOff, endless } from './contender.js';

export const overRxmux: Contender = {
  send(socket) {
    const mux = new Mux(socket, { highChannels: false }); // channels 0 and 1
    pipeline(endless(), toDuplex(mux.open()), cutOff);
    pipeline(endless(), toDuplex(mux.open()), cutOff);
  },

  receive(socket, onChunk) {
    const mux = new Mux(socket);
    mux.channels$
      .pipe(
        mergeMap(({ id, inbound$ }) =>
          inbound$.pipe(
            tap((chunk) => {
              onChunk(id, chunk.length);
            }),
            id === 0 ? take(1) : identity, // who unsubscribes, pauses the channel
          ),
        ),
      )
      .subscribe({ error: cutOff });
  },
};
