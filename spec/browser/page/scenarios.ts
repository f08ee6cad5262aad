import { filter, firstValueFrom, lastValueFrom, type Observable, of, take, toArray } from 'rxjs';
import { type Channel, Mux, type PeerError, toWebStream } from 'rxmux';
import { MessagePortCarrier } from 'rxmux/message-port';
import { carrierTests } from 'rxmux/testing';
import { ResumableCarrier } from 'rxmux/resume';
import { remote, type RemoteError } from 'rxmux/remote';
import { WebSocketCarrier } from 'rxmux/websocket';
import { WebStreamCarrier } from 'rxmux/web-streams';
import { WebTransportSessions } from 'rxmux/web-transport';
import { ask } from '../shared/ask.js';
import { exchange, type Exchanged, randomBytes, receive, sha256 } from '../shared/exchange.js';
import { flood } from '../shared/flood.js';
import { type Counts, HeldChannel } from '../shared/held-channel.js';
import type { Methods } from '../shared/methods.js';
import { connections } from './connections.js';
import { muxes, startWorker } from './muxes.js';
import { socketUrl } from './socket-url.js';

/** Channels that this side opens, and that the far end does. */
const CHANNELS = 10;

/** What both sides of a mux have exchanged, by the channels' numbers. */
export interface BothSides {
  readonly near: Exchanged[];
  readonly far: Exchanged[];
}

/** Both sides open ten channels at the same time and send through all. */
async function exchangeOver(name: keyof typeof muxes): Promise<BothSides> {
  const { mux, close } = await muxes[name]();
  const sides = await exchangeAll(mux);
  await mux.close();
  close();
  return sides;
}

async function exchangeAll(mux: Mux): Promise<BothSides> {
  const channels$ = mux.channels$.pipe(take(CHANNELS), toArray());
  const theirs = lastValueFrom(channels$).then((channels) => Promise.all(channels.map(exchange)));
  const own = Array.from({ length: CHANNELS }, () => exchange(mux.open('exchange')));
  const near = [...(await Promise.all(own)), ...(await theirs)];
  return { near: near.sort(byId), far: (await ask(mux, 'exchanges')).sort(byId) };
}

/** Several muxes over one worker, which hears nothing of the first before that has begun to speak. */
async function oneAfterTheOther(rounds: number): Promise<BothSides[]> {
  const worker = startWorker(true);
  const sides: BothSides[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const mux = new Mux(new MessagePortCarrier(worker));
    const exchanged = exchangeAll(mux);
    if (round === 0) {
      worker.postMessage('listen');
    }
    sides.push(await exchanged);
    await mux.close();
  }
  worker.terminate();
  return sides;
}

const byId = (one: Exchanged, other: Exchanged): number => one.id - other.id;

/** What is known of a channel that nobody reads while others are busy, and is read in the end. */
export interface Held {
  readonly near: Counts;
  readonly far: Counts;
  readonly others: BothSides;
  readonly resumed: { readonly near: Exchanged; readonly far: Exchanged };
}

async function holdOver(name: keyof typeof muxes): Promise<Held> {
  const { mux, close } = await muxes[name]();
  const held = new HeldChannel(mux.open('hold'));
  const others = await exchangeAll(mux);
  const counts = { near: held.counts(), far: await ask(mux, 'counts') };
  const [near, far] = await Promise.all([held.resume(), ask(mux, 'resume')]);
  await mux.close();
  close();
  return { ...counts, others, resumed: { near, far } };
}

/** What becomes of a mux whose server is killed. */
export interface Killed {
  readonly channels: string[];
  readonly inbound: string[];
  readonly arrivals: string;
  readonly closed: string;
  readonly stillOpen: number;
}

/** Is flooded through all channels, of both sides, when the server is killed. */
async function killed(origin: string): Promise<Killed> {
  const url = `${origin.replace('http', 'ws')}/flood`;
  const mux = new Mux(new WebSocketCarrier(new WebSocket(url)));
  const channels = Array.from({ length: CHANNELS }, () => mux.open());
  const arrivals = outcome(mux.channels$);
  const busy: Promise<unknown>[] = [];
  const inbound: Promise<string>[] = [];
  const use = (channel: Channel): void => {
    const received$ = flood(channel);
    inbound.push(outcome(received$));
    busy.push(firstValueFrom(received$.pipe(filter((bytes) => bytes > 300_000))));
  };
  channels.forEach(use);
  const theirs = await lastValueFrom(mux.channels$.pipe(take(CHANNELS), toArray()));
  theirs.forEach(use);
  await Promise.all(busy);
  await fetch(`${origin}/kill`, { mode: 'no-cors' }).catch(() => undefined); // it cannot answer
  return {
    channels: await Promise.all([...channels, ...theirs].map(({ closed$ }) => outcome(closed$))),
    inbound: await Promise.all(inbound),
    arrivals: await arrivals,
    closed: await outcome(mux.closed$),
    stillOpen: mux.openChannels.size,
  };
}

/** `complete`, or the name of the error. */
const outcome = (source$: Observable<unknown>): Promise<string> =>
  lastValueFrom(source$, { defaultValue: undefined }).then(
    () => 'complete',
    (error: unknown) => (error as Error).name,
  );

/** What was exchanged over connections that were cut, one after the other. */
export interface Survived {
  readonly sides: BothSides;
  readonly resumptions: number;
  /** What the mux of this side has noticed. */
  readonly errors: string[];
}

/** As `exchangeOver`, in a session whose connections the server cuts, so many times. */
async function exchangeOverCuts(cuts: number, cutAfter: number): Promise<Survived> {
  let connections = 0;
  const carrier = new ResumableCarrier(
    () => {
      connections += 1;
      const url = socketUrl(connections > cuts ? '/resumable' : `/resumable?cutAfter=${cutAfter}`);
      return new WebSocketCarrier(new WebSocket(url));
    },
    { retry: { delay: () => 1 } },
  );
  const mux = new Mux(carrier);
  const errors: string[] = [];
  mux.errors$.subscribe((error) => errors.push(error.message));
  const sides = await exchangeAll(mux);
  await mux.close();
  return { sides, resumptions: carrier.resumptions, errors };
}

/** What went through streams that zip. */
export interface Zipped {
  readonly sent: string;
  readonly received: string;
  readonly bytes: number;
  readonly bytesOnTheWay: number;
}

/** Sends a text zipped, and unzips what comes back. */
async function zip(): Promise<Zipped> {
  const { mux, close } = muxes['a WebSocket to a server']();
  const lines = Array.from({ length: 200_000 }, (_, i) => `line ${i} of ${crypto.randomUUID()}\n`);
  const text = new Blob(lines);
  const { readable, writable } = toWebStream(mux.open('gzip'));
  let bytesOnTheWay = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      bytesOnTheWay += chunk.length;
      controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
    },
  });
  const sending = text.stream().pipeThrough(new CompressionStream('gzip')).pipeTo(writable);
  const unzipped = readable.pipeThrough(counted).pipeThrough(new DecompressionStream('gzip'));
  const received = new Uint8Array(await new Response(unzipped).arrayBuffer());
  await sending;
  mux.destroy();
  close();
  return {
    sent: await sha256(new Uint8Array(await text.arrayBuffer())),
    received: await sha256(received),
    bytes: received.length,
    bytesOnTheWay,
  };
}

const transport = (url: string, hash: readonly number[]): WebTransport =>
  new WebTransport(url, {
    serverCertificateHashes: [{ algorithm: 'sha-256', value: new Uint8Array(hash) }],
  });

/** Sends bytes through ten channels, over the one stream of a session, to a far end that sends them back. */
async function echoOverWebTransport(url: string, hash: readonly number[]): Promise<Exchanged[]> {
  const session = transport(url, hash);
  await session.ready;
  const mux = new Mux(new WebStreamCarrier(await session.createBidirectionalStream()));
  const exchanged = await Promise.all(
    Array.from({ length: CHANNELS }, () => exchange(mux.open('web stream'))),
  );
  mux.destroy();
  session.close();
  return exchanged;
}

/** What has gone through channels that are streams of a session. */
export interface OverStreams {
  readonly exchanged: Exchanged[];
  /** What was sent to the far end, and what it has sent back over a channel that it has opened. */
  readonly sent: string;
  readonly calledBack: string;
  /** The error of a channel that the far end's application did not want. */
  readonly refused: string;
  readonly close: WebTransportCloseInfo;
}

/** Channels of both sides over a session, each a stream, beside one that nobody reads; then the end in good order. */
async function exchangeOverSession(url: string, hash: readonly number[]): Promise<OverStreams> {
  const session = transport(`${url}sessions`, hash);
  const mux = new Mux(new WebTransportSessions(session));
  const unread = mux.open('web stream');
  unread.outbound$.next(randomBytes(3_000_000));
  const exchanged = await Promise.all(
    Array.from({ length: CHANNELS }, () => exchange(mux.open('web stream'))),
  );
  const next = (name: string): Promise<Channel> =>
    firstValueFrom(mux.channels$.pipe(filter(({ handshake }) => String(handshake) === name)));

  const answer = next('called back');
  const call = mux.open('call back');
  const bytes = randomBytes(300_007);
  call.outbound$.next(bytes);
  call.outbound$.complete();
  const opened = await answer;
  opened.outbound$.complete();
  const back = await receive(opened);

  const stopped = next('stopped');
  const endless = mux.open('endless');
  await firstValueFrom(endless.inbound$);
  endless.destroy();
  (await stopped).outbound$.complete();

  const refused = await lastValueFrom(mux.open('reject').inbound$).then(
    () => 'nothing',
    (error: unknown) => (error as PeerError).reason?.code ?? String(error),
  );
  unread.destroy();
  await mux.close();
  return {
    exchanged,
    sent: await sha256(bytes),
    calledBack: await sha256(back.bytes),
    refused,
    close: await session.closed,
  };
}

/** What methods of the far end have given. */
export interface Called {
  readonly sums: number[];
  readonly counted: number[];
  readonly doubled: number[];
  readonly error: unknown;
  readonly taken: number;
  /** How far the far end has come while this side took no more, and whether it has been let go of then. */
  readonly given: number;
  readonly isOver: boolean;
}

/** Calls methods of the far end. */
async function call(name: keyof typeof muxes): Promise<Called> {
  const { mux, close } = await muxes[name]();
  const api = remote<Methods>(mux);
  const sums = Array.from({ length: 100 }, (_, n) => firstValueFrom(api.add(n, n)));
  let taken = 0;
  let given = 0;
  for await (const n of api.endless()) {
    taken = n;
    if (n === 1000) {
      ({ given } = await firstValueFrom(api.given()));
      break;
    }
  }
  let isOver = false;
  while (!isOver) {
    ({ isOver } = await firstValueFrom(api.given()));
  }
  const called = {
    sums: await Promise.all(sums),
    counted: await lastValueFrom(api.count(3).pipe(toArray())),
    doubled: await lastValueFrom(api.double(of(1, 2)).pipe(toArray())),
    error: await lastValueFrom(api.fail()).catch((error: unknown) => {
      const { code, message, data } = error as RemoteError;
      return { code, message, data };
    }),
    taken,
    given,
    isOver,
  };
  mux.destroy();
  close();
  return called;
}

/** Runs one of the tests of carriers. */
/** Milliseconds: less than jest's limit, so that it is said what has not come. */
const patience = 50_000;

/** Runs one of the tests of carriers. */
async function carrierTest(name: keyof typeof connections, testName: string): Promise<void> {
  const test = carrierTests(connections[name], { patience }).find((one) => one.name === testName);
  if (test === undefined) {
    throw new Error(`no such test: ${testName}`);
  }
  await test.run();
}

/** What tests can have done in the page. */
export const scenarios = {
  exchangeOver,
  holdOver,
  oneAfterTheOther,
  killed,
  exchangeOverCuts,
  zip,
  call,
  echoOverWebTransport,
  exchangeOverSession,
  carrierTest,
};
