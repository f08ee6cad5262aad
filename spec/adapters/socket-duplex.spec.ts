import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { asapScheduler, VirtualAction, VirtualTimeScheduler } from 'rxjs';
import { WebSocket, WebSocketServer } from 'ws';
import { Mux, toDuplex } from '../../src/index.js';
import { WebSocketCarrier } from '../../src/websocket.js';
import { connected } from '../support/connected.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

/** A stream in virtual time, whose peer, the test, takes a million bytes; and the times of its timeouts. */
async function opened() {
  const scheduler = new VirtualTimeScheduler(VirtualAction, 100_000);
  const carrier = new TestCarrier();
  const mux = new Mux(carrier, { ...PLAIN_WIRE, scheduler, keepAlive: false });
  const duplex = toDuplex(mux.open());
  await turn();
  carrier.receive(wire.handshake(0, 1_000_000));
  await carrier.hears();
  const timeouts: number[] = [];
  duplex.on('timeout', () => timeouts.push(scheduler.now()));
  const at = (ms: number, work: () => void): void => {
    scheduler.schedule(work, ms);
  };
  return { scheduler, carrier, duplex, timeouts, at };
}

describe('a ChannelDuplex, where a socket is expected,', () => {
  describe('setTimeout()', () => {
    it('emits timeout once when nothing has come or gone for so long, and again after the next bytes', async () => {
      const { scheduler, carrier, duplex, timeouts, at } = await opened();
      duplex.resume();
      expect(duplex.timeout).toBe(undefined);
      expect(duplex.setTimeout(100)).toBe(duplex);
      expect(duplex.timeout).toBe(100);
      at(60, () => {
        carrier.receive(wire.data(0, 0, 'bytes'));
      });
      at(500, () => duplex.write('bytes'));
      scheduler.flush();
      expect(timeouts).toEqual([160, 600]);
      expect(duplex.destroyed).toBe(false);
    });

    it('is what starts the timer: without it there is none', async () => {
      const { scheduler, duplex } = await opened();
      duplex.write('bytes');
      expect(scheduler.actions).toEqual([]);
    });

    it('counts bytes that leave', async () => {
      const { scheduler, carrier, duplex, timeouts, at } = await opened();
      carrier.capacity$.next(0);
      duplex.write('bytes');
      await turn();
      duplex.setTimeout(100);
      at(60, () => {
        carrier.capacity$.next(1000);
        asapScheduler.flush(); // since this time does not wait for microtasks
      });
      scheduler.flush();
      expect(timeouts).toEqual([160]);
    });

    it('calls back once, and never where it is turned off', async () => {
      const { scheduler, duplex, timeouts, at } = await opened();
      const [first, second] = [jest.fn(), jest.fn()];
      duplex.setTimeout(100, first);
      at(200, () => duplex.write('bytes'));
      scheduler.flush();
      expect(first).toHaveBeenCalledTimes(1);
      expect(timeouts).toEqual([100, 300]);
      duplex.setTimeout(100, second);
      duplex.setTimeout(0, second);
      duplex.write('bytes');
      scheduler.flush();
      expect(timeouts).toHaveLength(2);
      expect(duplex.listenerCount('timeout')).toBe(1);
      expect(second).not.toHaveBeenCalled();
    });

    it('counts with what it was set to last, longer or shorter', async () => {
      const { scheduler, duplex, timeouts, at } = await opened();
      duplex.setTimeout(1000);
      at(60, () => duplex.setTimeout(100));
      at(100, () => duplex.write('bytes'));
      at(250, () => duplex.setTimeout(200));
      at(300, () => duplex.setTimeout(500));
      scheduler.flush();
      expect(timeouts).toEqual([200, 800]);
    });

    it('emits nothing when the stream is destroyed', async () => {
      const { scheduler, duplex, timeouts } = await opened();
      duplex.setTimeout(100);
      duplex.destroy();
      duplex.setTimeout(100);
      scheduler.flush();
      expect(timeouts).toEqual([]);
    });

    it('does not wait for ever where somebody puts the clock back', async () => {
      const { scheduler, duplex, timeouts, at } = await opened();
      let back = 0;
      jest.spyOn(scheduler, 'now').mockImplementation(() => scheduler.frame - back);
      duplex.setTimeout(100);
      at(50, () => (back = 1_000_000));
      scheduler.flush();
      expect(timeouts).toEqual([200 - 1_000_000]);
    });

    it('takes parts of a millisecond, as sockets do', async () => {
      const { scheduler, duplex, timeouts } = await opened();
      const callback = jest.fn();
      expect(duplex.setTimeout(0.5, callback).timeout).toBe(0.5);
      scheduler.flush();
      expect(timeouts).toEqual([0.5]);
      expect(callback).toHaveBeenCalledTimes(1);
    });

    it('takes more than timers can wait for, as sockets do, for as long as they can', async () => {
      const { duplex } = await opened();
      expect(duplex.setTimeout(2 ** 31).timeout).toBe(2 ** 31 - 1);
    });

    it('refuses what is no time, and no function', async () => {
      const { duplex } = await opened();
      expect(() => duplex.setTimeout('100' as never)).toThrow(
        new TypeError("ms must be a number, got '100'"),
      );
      for (const ms of [Infinity, NaN]) {
        expect(() => duplex.setTimeout(ms)).toThrow(RangeError);
      }
      expect(() => duplex.setTimeout(-1)).toThrow(new RangeError('ms must be 0 or more, and finite, got -1'));
      expect(() => duplex.setTimeout(1, 'now' as never)).toThrow(
        new TypeError("callback must be a function, got 'now'"),
      );
    });
  });

  it('takes what is said to sockets, which means nothing to a channel', async () => {
    const { duplex } = await opened();
    expect([duplex.setNoDelay(true), duplex.setKeepAlive(true, 1000), duplex.ref(), duplex.unref()]).toEqual(
      Array.from({ length: 4 }, () => duplex),
    );
  });

  it('says how far it is open, as a socket does', async () => {
    const { duplex } = await opened();
    expect([duplex.connecting, duplex.pending, duplex.readyState]).toEqual([false, false, 'open']);
    duplex.end();
    expect(duplex.readyState).toBe('readOnly');
    duplex.destroy();
    expect(duplex.readyState).toBe('closed');

    const ended = await opened();
    ended.carrier.receive(wire.end(0));
    await once(ended.duplex.resume(), 'end');
    expect(ended.duplex.readyState).toBe('writeOnly');
  });

  it('counts bytes as a socket does: those that have come, and those that were written, be they gone or not', async () => {
    const { carrier, duplex } = await opened();
    expect([duplex.bytesRead, duplex.bytesWritten]).toEqual([0, 0]);
    carrier.receive(wire.data(0, 0, 'five!'));
    expect(duplex.bytesRead).toBe(5);
    duplex.resume();
    await once(duplex, 'data');
    expect(duplex.bytesRead).toBe(5);

    carrier.capacity$.next(0);
    let size = 0;
    do {
      size += 100_000;
    } while (duplex.write(Buffer.alloc(100_000)));
    duplex.write('é');
    expect(duplex.writableLength).toBe(100_002); // one waits in the channel, one in the stream
    expect(duplex.bytesWritten).toBe(size + 2);
    carrier.capacity$.next(2_000_000);
    await once(duplex, 'drain');
    expect(duplex.bytesWritten).toBe(size + 2);
    duplex.destroy();
    expect([duplex.bytesRead, duplex.bytesWritten]).toEqual([5, size + 2]);
  });

  it('has the addresses of the socket below, and none where there is no socket', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const duplex = toDuplex(new Mux(near, { keepAlive: false }).open()).on('error', () => undefined);
    // Not yet connected.
    expect(duplex.remoteAddress).toBe(undefined);
    const [[far]] = await Promise.all([
      once(server, 'connection') as Promise<[Socket]>,
      once(near, 'connect'),
    ]);
    const { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily } = duplex;
    expect([localAddress, localPort, localFamily]).toEqual(['127.0.0.1', far.remotePort, 'IPv4']);
    expect([remoteAddress, remotePort, remoteFamily]).toEqual(['127.0.0.1', far.localPort, 'IPv4']);
    near.destroy();
    far.destroy();
    server.close();
    expect((await opened()).duplex.remoteAddress).toBe(undefined);
  });

  it('has the addresses of the socket below a WebSocket of ws, once that is open', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const near = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const duplex = toDuplex(new Mux(new WebSocketCarrier(near), { keepAlive: false }).open());
    duplex.on('error', () => undefined);
    expect(duplex.remoteAddress).toBe(undefined);
    const [[accepted]] = await Promise.all([
      once(server, 'connection') as Promise<[WebSocket]>,
      once(near, 'open'),
    ]);
    const far = toDuplex(new Mux(new WebSocketCarrier(accepted), { keepAlive: false }).open());
    far.on('error', () => undefined);
    expect([duplex.remoteAddress, far.remoteAddress]).toEqual(['127.0.0.1', '127.0.0.1']);
    expect([duplex.remotePort, duplex.localPort]).toEqual([far.localPort, far.remotePort]);
    near.terminate();
    server.close();
  });

  describe('destroySoon()', () => {
    it('ends, and is destroyed when all that was written has left', async () => {
      const { local, peer } = connected();
      const received: string[] = [];
      peer.channels$.subscribe(({ inbound$ }) =>
        inbound$.subscribe({
          next: (chunk) => received.push(chunk.toString()),
          complete: () => received.push('complete'),
        }),
      );
      const duplex = toDuplex(local.open());
      duplex.write('last words');
      duplex.destroySoon();
      expect(duplex.destroyed).toBe(false);
      await once(duplex, 'close');
      await turn();
      expect(received).toEqual(['last words', 'complete']);
    });

    it('destroys what has ended already', async () => {
      const { local, peer } = connected();
      peer.channels$.subscribe();
      const duplex = toDuplex(local.open());
      duplex.end();
      duplex.destroySoon(); // while it is ending
      expect(duplex.destroyed).toBe(false);
      await once(duplex, 'close');
      const other = toDuplex(local.open());
      other.end();
      await once(other, 'finish');
      other.destroySoon();
      expect(other.destroyed).toBe(true);
    });
  });
});
