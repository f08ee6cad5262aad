import { BehaviorSubject, EMPTY, firstValueFrom } from 'rxjs';
import { Duplex, PassThrough, Readable, Writable } from 'node:stream';
import type { Carrier } from '../../src/index.js';
import { DuplexCarrier } from '../../src/carrier/duplex-carrier.js';
import { toCarrier } from '../../src/carrier/to-carrier.js';

const nothing = (): void => undefined;

describe('toCarrier', () => {
  it('takes a Carrier as it is', () => {
    const carrier: Carrier = {
      inbound$: EMPTY,
      capacity$: new BehaviorSubject(1),
      write: nothing,
      end: nothing,
      destroy: nothing,
    };
    expect(toCarrier(carrier)).toBe(carrier);
  });

  it('makes a Carrier of a Duplex', () => {
    expect(toCarrier(new PassThrough())).toBeInstanceOf(DuplexCarrier);
  });

  it('takes a Duplex that is no instance of this copy of Node’s class', async () => {
    const foreign = new Proxy(new PassThrough(), { getPrototypeOf: () => Object.prototype });
    expect(foreign).not.toBeInstanceOf(Duplex);
    const carrier = toCarrier(foreign);
    expect(carrier).toBeInstanceOf(DuplexCarrier);
    const echoed = firstValueFrom(carrier.inbound$);
    carrier.write([Buffer.from('echo')]);
    expect(String(await echoed)).toBe('echo');
  });

  it.each<[name: string, given: unknown, shown: string]>([
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a string', 'localhost', "'localhost'"],
    ['a number', 7000, '7000'],
    ['a function', nothing, 'a function'],
    ['an empty object', {}, 'an object'],
    ['a stream to read from', new Readable(), 'an object'],
    ['half of a Carrier', { capacity$: new BehaviorSubject(1) }, 'an object'],
  ])('refuses %s', (_name, given, shown) => {
    expect(() => toCarrier(given as Duplex)).toThrow(
      new TypeError(`carrier must be a Duplex or a Carrier, such as a WebSocketCarrier, got ${shown}`),
    );
  });

  it('refuses a stream that does not tell how full it is: nothing would ever be written to it', () => {
    const foreign = new Proxy(new PassThrough(), {
      has: (stream, name) => name !== 'writableLength' && name in stream,
    });
    expect(() => toCarrier(foreign)).toThrow(TypeError);
  });

  it('refuses a stream that can only be written to', () => {
    const given: unknown = new Writable();
    expect(() => toCarrier(given as Duplex)).toThrow(TypeError);
  });
});
