import { map } from 'rxjs';
import { CarrierEndedError, CarrierFinishedError } from '../../src/index.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { start } from './start.js';

describe('Mux', () => {
  describe('when the carrier ends', () => {
    it('grants nothing for what is consumed afterwards on a channel that is gone, while others go on sending', async () => {
      const { carrier, mux } = start();
      const [gone, sending] = [mux.open('', { highWaterMark: 4 }), mux.open()];
      await turn();
      carrier.receive(peer.handshake(0, 0), peer.handshake(1, 100), peer.data(0, 4, 'left'), peer.end(1));
      await carrier.hears();
      carrier.inbound$.complete();
      expect([...mux.openChannels.values()]).toEqual([sending]);
      const heard = listen(gone.inbound$.pipe(map((chunk) => chunk.toString())));
      sending.outbound$.next('on');
      expect(await carrier.hears()).toEqual(['DATA 1 seq=2 "on"']);
      expect(heard[0]).toBe('left');
    });

    it('fails the channels whose peer had not ended, after the bytes that had come', async () => {
      const { carrier, mux } = start();
      const [open, halfClosed] = [mux.open(), mux.open()];
      await turn();
      carrier.receive(peer.handshake(0, 0), peer.handshake(1, 9), peer.data(0, 2, 'hi'), peer.end(1));
      const removed = listen(mux.removed$.pipe(map(({ id }) => id)));
      const ended = listen(mux.ended$);
      carrier.inbound$.complete();
      expect(removed).toEqual([0]);
      expect(ended).toEqual([undefined, 'complete']);
      expect(listen(mux.ended$)).toEqual(ended);

      const inbound = listen(open.inbound$.pipe(map((chunk) => chunk.toString())));
      await turn();
      expect(inbound).toEqual(['hi', new CarrierEndedError()]);
      expect(listen(open.outbound$)).toEqual([expect.objectContaining({ carrierDone: true, channelId: 0 })]);
      expect(listen(open.closed$)).toEqual([expect.any(CarrierEndedError)]);

      // The other can still send within its credit; with its end the carrier has served its purpose.
      halfClosed.outbound$.next('bye');
      halfClosed.outbound$.complete();
      await carrier.hears();
      expect(removed).toEqual([0, 1, 'complete']);
      expect(carrier.isEnded).toBe(true);
      expect(listen(halfClosed.closed$)).toEqual([undefined, 'complete']);
    });

    it('fails a channel that will never get credit for what it has to send', async () => {
      const { carrier, mux } = start();
      const [waiting, late, over] = [mux.open(), mux.open(), mux.open()];
      waiting.outbound$.next('bytes');
      await turn();
      for (const { id } of [waiting, late, over]) {
        carrier.receive(peer.handshake(id, id), peer.end(id));
      }
      carrier.inbound$.complete();
      expect(listen(waiting.closed$)).toEqual([expect.any(CarrierEndedError)]);
      late.outbound$.next('x');
      expect([...mux.openChannels.keys()]).toEqual([1, 2]);
      over.outbound$.next('too much');
      await turn();
      expect(listen(over.closed$)).toEqual([expect.any(CarrierEndedError)]);
      late.outbound$.next('x');
      expect(listen(late.closed$)).toEqual([expect.any(CarrierEndedError)]);
      expect(carrier.isEnded).toBe(true);
    });

    it('fails channels that wait for a subscriber, though their peer had ended, and ends the carrier', () => {
      const { carrier, mux } = start();
      carrier.receive(peer.handshake(0, 0), peer.handshake(1, 10), peer.end(1));
      const closed = [...mux.openChannels.values()].map(({ closed$ }) => listen(closed$));
      carrier.inbound$.complete();
      expect(closed).toEqual([[expect.any(CarrierEndedError)], [expect.any(CarrierEndedError)]]);
      expect(mux.openChannels.size).toBe(0);
      expect(listen(mux.channels$)).toEqual(['complete']);
      expect(carrier.isEnded).toBe(true);
    });
  });

  describe('when the carrier takes no more', () => {
    it('fails the channels that had not ended here, and lets the others receive', async () => {
      const { carrier, mux } = start();
      const [open, ended] = [mux.open(), mux.open()];
      ended.outbound$.complete();
      await turn();
      const finished = listen(mux.finished$);
      carrier.receive(peer.handshake(0, 0), peer.handshake(1, 0));
      carrier.capacity$.complete();
      expect(finished).toEqual([undefined, 'complete']);
      expect(listen(open.inbound$)).toEqual([expect.any(CarrierFinishedError)]);
      expect(listen(open.closed$)).toEqual([expect.objectContaining({ carrierDone: true, channelId: 0 })]);

      const inbound = listen(ended.inbound$.pipe(map((chunk) => chunk.toString())));
      carrier.receive(peer.data(1, 2, 'hi'), peer.end(1));
      expect(inbound).toEqual(['hi', 'complete']);
      expect(listen(mux.closed$)).toStrictEqual([]);
      carrier.inbound$.complete();
      expect(listen(mux.closed$)).toEqual([undefined, 'complete']);
    });
  });

  describe('when the carrier takes no more, and still delivers', () => {
    it('opens no channels for the peer, which could not be answered', () => {
      const { carrier, mux } = start();
      carrier.receive(peer.handshake(0, 0));
      carrier.capacity$.complete();
      const channels = listen(mux.channels$);
      carrier.receive(peer.handshake(1, 10), peer.end(1));
      carrier.inbound$.complete();
      expect(channels).toEqual(['complete']);
      expect(mux.openChannels.size).toBe(0);
      expect(listen(mux.closed$)).toEqual([undefined, 'complete']);
    });

    it('does not blame a peer that goes on with a channel which has failed here', async () => {
      const { carrier, mux } = start();
      const faults = listen(mux.errors$);
      mux.open();
      await turn();
      carrier.receive(peer.handshake(0, 0));
      carrier.capacity$.complete();
      carrier.receive(peer.data(0, 3, 'abc'), peer.status(0, 20, 0), peer.end(0));
      expect(faults).toEqual([]);
    });
  });

  describe('when the carrier fails', () => {
    it('fails every channel with CarrierEndedError, whose cause is what happened', async () => {
      const { carrier, mux } = start();
      const channel = mux.open();
      const all = [listen(channel.inbound$), listen(channel.outbound$), listen(channel.closed$)];
      const cause = new Error('cable cut');
      carrier.inbound$.error(cause);
      for (const heard of all) {
        expect(heard).toEqual([expect.any(CarrierEndedError)]);
        expect(heard[0]).toMatchObject({ cause, carrierDone: true });
      }
      for (const state$ of [mux.ended$, mux.finished$, mux.closed$]) {
        expect(listen(state$)).toEqual([undefined, 'complete']);
      }
      expect(mux.openChannels.size).toBe(0);
      await expect(mux.close()).rejects.toBe(cause);
    });
  });
});
