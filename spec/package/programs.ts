/** Checks of types, for both programs below. */
const CHECKS = `
type IsAny<T> = 0 extends 1 & T ? true : false;
type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const yes = <T extends true>(): void => {};
const no = <T extends false>(): void => {};
`;

const IMPORTS = `
import { lastValueFrom, of, type Observable, type Subject } from 'rxjs';
import {
  Mux, send, sendTo, toDuplex, toWebStream,
  type Bytes, type Carrier, type Channel, type ChannelDuplex, type ChannelOptions, type CloseOptions, type Delivery,
  type DuplexOptions, type HandshakeSent, type MuxError, type MuxOptions, type NodeDuplex, type SendOptions,
  type StateObservable,
} from 'rxmux';
import { DataChannelCarrier, type DataChannelLike } from 'rxmux/data-channel';
import { MessagePortCarrier, type MessagePortLike } from 'rxmux/message-port';
import { json, type Messages, toMessages } from 'rxmux/messages';
import { connectOver, listenOver, type NatsConnectionLike } from 'rxmux/nats';
import { remote, RemoteError, serve } from 'rxmux/remote';
import { reconnecting, ResumableCarrier, ResumableSessions } from 'rxmux/resume';
import { carrierTests, muxPair } from 'rxmux/testing';
import { type ByteStreamPair, WebStreamCarrier } from 'rxmux/web-streams';
import { WebSocketCarrier, type WebSocketLike } from 'rxmux/websocket';
import { type WebTransportLike, WebTransportSessions } from 'rxmux/web-transport';
`;

/** What holds with and without Node's types; each program says itself what a `Chunk` is. */
const EVERYWHERE = `
no<IsAny<Chunk>>();
no<IsAny<NodeDuplex>>();
no<IsAny<ChannelDuplex>>();
yes<IsSame<Bytes, Chunk>>();
yes<IsSame<Delivery['chunk'], Chunk>>();
yes<IsSame<HandshakeSent['channel'], Channel>>();
yes<IsSame<DataChannelCarrier['capacity$'], StateObservable<number>>>();
yes<IsSame<MessagePortCarrier['capacity$'], StateObservable<number>>>();
yes<IsSame<WebSocketCarrier['capacity$'], StateObservable<number>>>();
yes<IsSame<WebStreamCarrier['capacity$'], StateObservable<number>>>();

export async function everywhere(
  mux: Mux, channel: Channel, carrier: Carrier, socket: WebSocketLike, port: MessagePortLike, rtc: DataChannelLike,
  streams: ByteStreamPair, nats: NatsConnectionLike, session: WebTransportLike,
) {
  new Mux(carrier);
  new Mux(new WebSocketCarrier(socket, { highWaterMark: undefined }));
  new Mux(new MessagePortCarrier(port, { highWaterMark: undefined }));
  new Mux(new DataChannelCarrier(rtc, { maxMessageSize: undefined }));
  new Mux(new WebStreamCarrier(streams, { highWaterMark: undefined }));
  new Mux(new WebTransportSessions(session, { highWaterMark: undefined }));
  new Mux(new ResumableCarrier(() => carrier, { retry: undefined }));
  new ResumableSessions({ authorize: undefined }).carriers$.subscribe((accepted) => new Mux(accepted));
  reconnecting(() => new Mux(carrier)).subscribe(({ peer$ }) => peer$.value?.window.toFixed());
  new Mux(connectOver(nats, 'market', { deadAfter: undefined }));
  listenOver(nats, 'market').subscribe((accepted) => new Mux(accepted));
  const messages: Messages<string, number> = toMessages<string, number>(channel, json());
  messages.outbound$.next(1);
  // @ts-expect-error: no value of another type
  messages.outbound$.next('1');
  interface Market {
    prices(symbol: string): Observable<number>;
  }
  serve<Market>(mux, { prices: () => of(1) }, { onError: undefined });
  const price: number = await lastValueFrom(remote<Market>(mux).prices('ACME'));
  // @ts-expect-error: no method of another name
  remote<Market>(mux).price('ACME');
  new RemoteError('NO', 'no', undefined, { cause: price });
  const inbound$: Subject<Chunk> = channel.inbound$;
  const outbound$: Subject<Uint8Array | string> = channel.outbound$;
  const errors$: Observable<MuxError> = mux.errors$;
  const window$: StateObservable<number> = channel.sendWindow$;
  const handshake: Chunk | undefined = channel.handshake;
  const answer: Chunk = await lastValueFrom(mux.observe('ACME'));
  // @ts-expect-error: bytes or a string, and nothing else
  outbound$.next(1);
  // @ts-expect-error: nothing is any
  inbound$.nonsense();
  // @ts-expect-error: without a parser the handshake is bytes
  new Mux<number>(carrier);
  const numbers = new Mux(carrier, { parseHandshake: (data) => data.length });
  const length: number | undefined = numbers.open().handshake;
  for await (const chunk of channel) {
    yes<IsSame<typeof chunk, Chunk>>();
  }
  mux.channels$.subscribe(({ inbound$ }) => inbound$.subscribe((chunk) => yes<IsSame<typeof chunk, Chunk>>()));

  const duplex = toDuplex(channel);
  duplex.on('end', () => {}).on('error', (error: Error) => error.message);
  duplex.write('text');
  duplex.end(new Uint8Array(1), () => {});
  duplex.peerErrorThenEnd();
  new Mux(duplex);
  carrierTests(() => ({ near: duplex, far: duplex }), { patience: undefined });
  const { near, far } = muxPair({ delay: undefined });
  yes<IsSame<typeof near, Mux>>();
  far.open();
  send([new Uint8Array(1), 'text'], channel).subscribe();
  of('text').pipe(sendTo(channel, { overflow: 'latest' })).subscribe();
  return { window$, errors$, handshake, answer, length, price };
}

// Each option may be undefined, as where it is handed on from options of one's own.
type All<T> = { [K in keyof T]-?: undefined };
declare const undefinedOptions: [
  All<MuxOptions>, All<ChannelOptions>, All<CloseOptions>, All<SendOptions>, All<DuplexOptions>,
];
export const given: [MuxOptions, ChannelOptions, CloseOptions, SendOptions, DuplexOptions] = undefinedOptions;
`;

/** A program for browsers, where nothing of Node's is known to the compiler. */
export const BROWSER = `${IMPORTS}${CHECKS}
type Chunk = Uint8Array;
${EVERYWHERE}
const timer: number = setTimeout(() => {}, 1);
clearTimeout(timer);
// @ts-expect-error: nothing has loaded Node's types
export type NoBuffer = Buffer;

export function inBrowser(channel: Channel): void {
  new Mux(new WebSocketCarrier(new WebSocket('ws://localhost')));
  new Mux(new MessagePortCarrier(new MessageChannel().port1));
  new Mux(new MessagePortCarrier(new Worker('worker.js')));
  new Mux(new DataChannelCarrier(new RTCPeerConnection().createDataChannel('rxmux')));
  new Mux(new WebStreamCarrier(new TransformStream<Uint8Array, Uint8Array>()));
  const { readable, writable } = toWebStream(channel);
  void new Response(readable).text();
  void readable.pipeThrough(new TransformStream<Uint8Array, Uint8Array>()).pipeTo(writable);
  toDuplex(channel).on('data', (chunk) => yes<IsSame<typeof chunk, Uint8Array>>());
}

interface Files {
  words(): ReadableStream<string>;
  save(file: ReadableStream<Uint8Array>): Promise<number>;
  copy(name: string, file$: Observable<Uint8Array>): Promise<number>;
  list(): Observable<string>;
}

export function streamsOfPages(
  mux: Mux, channel: Channel, file: Blob, words: ReadableStream<string>, numbers: ReadableStream<number>,
  anything: ReadableStream<unknown>,
): Observable<number> {
  send(file.stream(), channel);
  send(words, channel);
  send(words, toMessages<never, string>(channel, json()));
  // @ts-expect-error: no bytes
  send(numbers, channel);
  // @ts-expect-error: not what these messages take
  send(numbers, toMessages<never, string>(channel, json()));
  // @ts-expect-error: bytes among other things
  send(anything, channel);
  // @ts-expect-error: what these messages take, among other things
  send(anything, toMessages<never, string>(channel, json()));
  remote<Files>(mux).copy('a', file.stream());
  // @ts-expect-error: no bytes
  remote<Files>(mux).copy('a', numbers);
  remote<Files>(mux).words().subscribe((word) => yes<IsSame<typeof word, string>>());
  serve<Files>(mux, {
    words: () => words,
    save: (file$) => {
      file$.subscribe((chunk) => yes<IsSame<typeof chunk, Uint8Array>>());
      return 1;
    },
    copy: () => 1,
    list: () => words,
  });
  // @ts-expect-error: a stream of something else
  serve<Pick<Files, 'words'>>(mux, { words: () => numbers });
  // @ts-expect-error: words among other things
  serve<Pick<Files, 'words'>>(mux, { words: () => anything });
  return remote<Files>(mux).save(file.stream());
}
`;

/** A program for Node. */
export const NODE = `
import { connect } from 'node:net';
import { Duplex, pipeline } from 'node:stream';
import type { ClientHttp2Session, ServerHttp2Session } from 'node:http2';
import { MessageChannel, Worker } from 'node:worker_threads';
import { Http2Sessions } from 'rxmux/http2';
${IMPORTS}${CHECKS}
type Chunk = Buffer;
${EVERYWHERE}
yes<IsSame<NodeDuplex, Duplex>>();

export function inNode(
  channel: Channel, client: ClientHttp2Session, server: ServerHttp2Session,
): NodeJS.Timeout {
  new Mux(connect(1));
  new Mux(new Http2Sessions(client, server, { requestHeaders: undefined }));
  new Mux(new MessagePortCarrier(new MessageChannel().port1));
  new Mux(new MessagePortCarrier(new Worker('./worker.js')));
  const duplex: Duplex = toDuplex(channel);
  pipeline(duplex, toDuplex(channel), duplex, () => {});
  toDuplex(channel).channel.inbound$.subscribe((chunk) => chunk.readUInt8(0));
  return setTimeout(() => {}, 1);
}
`;

/** A program for React Native, which has nothing of Node's, and of a page's only some. */
export const REACT_NATIVE = `${IMPORTS}${CHECKS}
declare global {
  function setTimeout(callback: () => void, ms?: number): number;
  interface AbortSignal {
    readonly aborted: boolean;
  }
}
type Chunk = Uint8Array;
${EVERYWHERE}
yes<IsSame<ReturnType<typeof toWebStream>['readable'], never>>();
yes<IsSame<ReturnType<typeof toWebStream>['writable'], never>>();
`;

/** A service as Angular's compiler is given it: with decorators, and settings as \`ng new\` writes them. */
export const ANGULAR = `
import { BehaviorSubject } from 'rxjs';
import { Mux, type Channel } from 'rxmux';
import { WebSocketCarrier } from 'rxmux/websocket';

declare function Injectable(options: { providedIn: 'root' }): ClassDecorator;

@Injectable({ providedIn: 'root' })
export class Prices {
  readonly last$ = new BehaviorSubject<Uint8Array | undefined>(undefined);
  private readonly mux = new Mux(new WebSocketCarrier(new WebSocket('ws://localhost')));
  private readonly timer: number = setTimeout(() => this.watch(this.mux.open('ACME')), 10);

  watch({ inbound$ }: Channel): void {
    clearTimeout(this.timer);
    inbound$.subscribe((chunk: Uint8Array) => this.last$.next(chunk));
  }
}
`;
