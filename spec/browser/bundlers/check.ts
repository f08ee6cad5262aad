// A program as a user would write it: two transfers over one WebSocket, one of them by a Node stream.
import { lastValueFrom, toArray } from 'rxjs';
import { Mux, toDuplex } from 'rxmux';
import { WebSocketCarrier } from 'rxmux/websocket';

const SENT = crypto.getRandomValues(new Uint8Array(50_000));

async function byChannel(mux: Mux): Promise<boolean> {
  const { inbound$, outbound$ } = mux.open('echo');
  outbound$.next(SENT);
  outbound$.complete();
  return isSent(await lastValueFrom(inbound$.pipe(toArray())));
}

async function byDuplex(mux: Mux): Promise<boolean> {
  const duplex = toDuplex(mux.open('echo'));
  duplex.end(SENT);
  const received: Uint8Array[] = [];
  for await (const chunk of duplex as AsyncIterable<Uint8Array>) {
    received.push(chunk);
  }
  return isSent(received);
}

function isSent(chunks: readonly Uint8Array[]): boolean {
  const received = chunks.flatMap((chunk) => [...chunk]);
  return received.length === SENT.length && received.every((byte, i) => byte === SENT[i]);
}

async function main(): Promise<string> {
  const socket = new WebSocket(`ws://${location.host}/mux?opens=0`);
  const mux = new Mux(new WebSocketCarrier(socket));
  const [channel, duplex] = await Promise.all([byChannel(mux), byDuplex(mux)]);
  await mux.close();
  return `channel: ${channel ? 'echoed' : 'garbled'}, Duplex: ${duplex ? 'echoed' : 'garbled'}`;
}

const result = main();
Object.assign(globalThis, { result });
void result.then((text) => {
  document.body.append(text);
});
