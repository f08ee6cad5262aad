import { EventEmitter } from 'node:events';
import type { ClientHttp2Session, ServerHttp2Session } from 'node:http2';
import { describe, expect, it } from '@jest/globals';
import { createNoopMeter, type Meter } from '@opentelemetry/api';
import type { Observable } from 'rxjs';
import { type DataChannelLike, DataChannelCarrier } from '../src/data-channel.js';
import { Http2Sessions } from '../src/http2.js';
import {
  type PeerError,
  type Reason,
  shareCapacity,
  type ShareCapacityOptions,
  toDuplex,
} from '../src/index.js';
import { inspect } from '../src/inspector.js';
import { MessagePortCarrier, type MessagePortLike } from '../src/message-port.js';
import { connectOver, listenOver, type NatsConnectionLike } from '../src/nats.js';
import { remote, serve, type ServeOptions } from '../src/remote.js';
import { instrument } from '../src/telemetry.js';
import { type CarrierPair, carrierTests, muxPair } from '../src/testing.js';
import { type ByteStreamPair, WebStreamCarrier } from '../src/web-streams.js';
import { WebTransportSessions, type WebTransportLike } from '../src/web-transport.js';
import { WebSocketCarrier, type WebSocketLike } from '../src/websocket.js';
import type { InspectedMux } from '../src/inspector/mux-list.js';

// What a program in JavaScript gives by mistake. What options take: options.spec.ts, and the specs of who has them.

const client = () => Object.assign(new EventEmitter(), { request: () => undefined });
const server = () => Object.assign(new EventEmitter(), { close: () => undefined });
const gone = { destroyed: true, destroy: () => undefined };

/** Http2Sessions, of what may be none. */
const http2Sessions = (one: unknown, other: unknown, options?: unknown) =>
  new Http2Sessions(one as ClientHttp2Session, other as ServerHttp2Session, options as object);

const WRONG = [undefined, null, 'x', 5, {}, [], () => undefined];

describe.each<[name: string, what: string, use: (given: never) => unknown]>([
  ['WebSocketCarrier', 'socket must be a WebSocket', (it: WebSocketLike) => new WebSocketCarrier(it)],
  [
    'MessagePortCarrier',
    'port must be a MessagePort or a worker',
    (it: MessagePortLike) => new MessagePortCarrier(it),
  ],
  [
    'DataChannelCarrier',
    'channel must be an RTCDataChannel',
    (it: DataChannelLike) => new DataChannelCarrier(it),
  ],
  ['WebStreamCarrier', 'readable must be a ReadableStream', (it: ByteStreamPair) => new WebStreamCarrier(it)],
  [
    'WebStreamCarrier, its writable',
    'writable must be a WritableStream',
    (writable: ByteStreamPair['writable']) =>
      new WebStreamCarrier({ readable: new ReadableStream<Uint8Array>(), writable }),
  ],
  [
    'WebTransportSessions',
    'session must be a WebTransport session',
    (it: WebTransportLike) => new WebTransportSessions(it),
  ],
  [
    'Http2Sessions, its client',
    'client must be an HTTP/2 client session',
    (it: unknown) => http2Sessions(it, server()),
  ],
  [
    'Http2Sessions, its server',
    'server must be an HTTP/2 server session',
    (it: unknown) => http2Sessions(client(), it),
  ],
  ['shareCapacity', 'capacity$ must be an Observable', (it: Observable<number>) => shareCapacity(it)],
  ['connectOver', 'nats must be a connection of NATS', (it: NatsConnectionLike) => connectOver(it, 'market')],
  ['listenOver', 'nats must be a connection of NATS', (it: NatsConnectionLike) => listenOver(it, 'market')],
  ['instrument, its mux', 'mux must be a Mux', (it: InspectedMux) => instrument(it as never, {} as Meter)],
  [
    'instrument, its meter',
    'meter must be a Meter of OpenTelemetry',
    (it: Meter) => instrument(muxPair().near, it),
  ],
])('%s', (_name, what, use: (given: never) => unknown) => {
  it.each(WRONG.map((given) => [given]))('refuses %p, by its name', (given) => {
    expect(() => use(given as never)).toThrow(TypeError);
    expect(() => use(given as never)).toThrow(what);
  });
});

describe('Http2Sessions', () => {
  it('hears that its sessions are given the wrong way round', () => {
    expect(() => http2Sessions(server(), client())).toThrow(
      new TypeError('client must be an HTTP/2 client session, got an object'),
    );
  });

  it.each(['requestHeaders', 'responseHeaders'])('refuses %s that are no object', (name) => {
    for (const given of [null, 'a: b', 5, ['a', 'b']]) {
      expect(() => http2Sessions(client(), server(), { [name]: given })).toThrow(
        `options.${name} must be an object, got `,
      );
    }
  });

  it.each([
    ['requestHeaders', 'content-length'],
    ['requestHeaders', 'Content-Length'],
    ['requestHeaders', ':status'],
    ['requestHeaders', ':protocol'],
    ['requestHeaders', 'Bpmux-Channel'],
    ['requestHeaders', 'a name'],
    ['requestHeaders', ''],
    ['responseHeaders', 'content-length'],
    ['responseHeaders', ':path'],
    ['responseHeaders', 'rxmux-reason'],
  ])('refuses %s with which every channel would fail: %s', (option, name) => {
    const withHeader = (value: unknown) => () => {
      const [asks, answers] = [Object.assign(client(), gone), Object.assign(server(), gone)];
      http2Sessions(asks, answers, { [option]: { 'x-who': 'me', [name]: value } });
    };
    expect(withHeader('200')).toThrow(new TypeError(`options.${option} must not have ${name}`));
    expect(withHeader(undefined)).not.toThrow();
  });

  it('takes the pseudo-headers that are for requests and for responses', () => {
    const requestHeaders = { ':authority': 'a', ':method': 'POST', ':path': '/', ':scheme': 'https' };
    const options = { requestHeaders, responseHeaders: { ':status': 200 } };
    const [asks, answers] = [Object.assign(client(), gone), Object.assign(server(), gone)];
    expect(() => http2Sessions(asks, answers, options)).not.toThrow();
  });
});

describe('toDuplex', () => {
  it.each(['allowHalfOpen', 'autoDestroy'])('refuses %s that is neither true nor false', (name) => {
    for (const given of [null, 'false', 0]) {
      expect(() => toDuplex(muxPair().near.open(), { [name]: given })).toThrow(
        `options.${name} must be true or false, got `,
      );
    }
  });
});

describe('shareCapacity', () => {
  it('refuses a scheduler that is none', () => {
    const options = { scheduler: {} } as unknown as ShareCapacityOptions;
    expect(() => shareCapacity(muxPair().near.capacity$, options)).toThrow(
      new TypeError('options.scheduler must be an RxJS scheduler, got an object'),
    );
  });
});

describe('reject', () => {
  it.each<[given: unknown, message: string]>([
    ['not welcome', "reason must be an object, got 'not welcome'"],
    [null, 'reason must be an object, got null'],
    [{ code: 5, message: 'm' }, 'reason.code must be a string, got 5'],
    [{ code: 'NOT_WELCOME' }, 'reason.message must be a string, got undefined'],
  ])('refuses the reason %p, and can still be called', (given, message) => {
    const { near, far } = muxPair();
    const outcomes: unknown[] = [];
    far.channels$.subscribe((channel) => {
      expect(() => {
        channel.reject(given as Reason);
      }).toThrow(new TypeError(message));
      channel.reject({ code: 'NOT_WELCOME', message: 'no' });
    });
    return new Promise<void>((resolve) => {
      near.open().inbound$.subscribe({
        error: (error: unknown) => {
          outcomes.push((error as PeerError).reason);
          resolve();
        },
      });
    }).then(() => {
      expect(outcomes).toEqual([{ code: 'NOT_WELCOME', message: 'no' }]);
    });
  });
});

describe('serve and remote', () => {
  it('refuse a number for the channels of calls, which all of them would share', () => {
    const options = { channel: { channel: 7 } } as object;
    expect(() => serve(muxPair().far, {}, options)).toThrow('options.channel.channel is not an option');
    expect(() => remote(muxPair().near, options)).toThrow('options.channel.channel is not an option');
  });

  it('refuse schemas that are no object', () => {
    for (const given of [null, 5, true, 'x']) {
      const options = { schemas: given } as unknown as ServeOptions;
      expect(() => serve(muxPair().far, {}, options)).toThrow('options.schemas must be an object, got ');
    }
  });
});

// What it refuses while it serves needs ws: inspect/inspect.spec.ts.
describe('inspect', () => {
  it('refuses a channel as a mux', async () => {
    const channel = muxPair().near.open() as unknown as InspectedMux;
    await expect(inspect(channel)).rejects.toThrow(new TypeError('mux must be a Mux, got an object'));
  });

  it('refuses what is no mux, and listens to nothing then', async () => {
    await expect(inspect({}, {} as InspectedMux)).rejects.toThrow(
      new TypeError('mux must be a Mux, got an object'),
    );
  });

  it('refuses an empty host, which Node takes for all addresses', async () => {
    await expect(inspect({ host: '' })).rejects.toThrow(/^options\.host must not be empty/);
  });
});

describe('instrument', () => {
  it('refuses a channel as a mux', () => {
    const channel = muxPair().near.open();
    expect(() => instrument(channel as never, {} as Meter)).toThrow(
      new TypeError('mux must be a Mux, got an object'),
    );
  });

  it('refuses a meter that makes no instruments', () => {
    const meter = { addBatchObservableCallback: () => undefined } as unknown as Meter;
    expect(() => instrument(muxPair().near, meter)).toThrow(
      new TypeError('meter must be a Meter of OpenTelemetry, got an object'),
    );
  });

  it('refuses attributes that are no object', () => {
    const meter = createNoopMeter();
    expect(() => instrument(muxPair().near, meter, null as never)).toThrow(
      new TypeError('attributes must be an object, got null'),
    );
  });
});

describe('carrierTests', () => {
  it('refuses what does not connect', () => {
    expect(() => carrierTests({} as () => CarrierPair)).toThrow(
      new TypeError('connect must be a function, got an object'),
    );
  });
});
