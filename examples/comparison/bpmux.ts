import { pipeline } from 'node:stream';
import { BPMux } from 'bpmux';
import { type Contender, cutOff, endless } from './contender.js';

export const overBpmux: Contender = {
  send(socket) {
    const mux = new BPMux(socket);
    pipeline(endless(), mux.multiplex(), cutOff);
    pipeline(endless(), mux.multiplex(), cutOff);
  },

  receive(socket, onChunk) {
    const mux = new BPMux(socket);
    mux.on('peer_multiplex', (channel) => {
      channel.on('error', cutOff).on('data', (chunk: Buffer) => {
        onChunk(channel.get_channel(), chunk.length);
        if (channel.get_channel() === 0) {
          channel.pause();
        }
      });
    });
  },
};
