import { pipeline } from 'node:stream';
import multiplex from 'multiplex';
import { type Contender, cutOff, endless } from './contender.js';

export const overMultiplex: Contender = {
  send(socket) {
    const mux = multiplex();
    mux.pipe(socket);
    pipeline(endless(), mux.createStream(), cutOff);
    pipeline(endless(), mux.createStream(), cutOff);
  },

  receive(socket, onChunk) {
    const mux = multiplex((channel, name) => {
      channel.on('error', cutOff).on('data', (chunk: Buffer) => {
        onChunk(Number(name), chunk.length);
        if (name === '0') {
          channel.pause();
        }
      });
    });
    socket.pipe(mux);
  },
};
