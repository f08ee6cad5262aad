import { DataChannelCarrier } from 'rxmux/data-channel';
import { MessagePortCarrier } from 'rxmux/message-port';
import type { CarrierPair } from 'rxmux/testing';
import { WebSocketCarrier } from 'rxmux/websocket';
import { WebStreamCarrier } from 'rxmux/web-streams';
import { dataChannels } from './data-channels.js';
import { socketUrl } from './socket-url.js';

function ports(): CarrierPair {
  const { port1, port2 } = new MessageChannel();
  return { near: new MessagePortCarrier(port1), far: new MessagePortCarrier(port2) };
}

/** A socket to a server that passes on what the other one says. */
async function relayed(pair: string): Promise<WebSocket> {
  const socket = new WebSocket(socketUrl(`/relay?pair=${pair}`));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  return socket;
}

async function webSockets(): Promise<CarrierPair> {
  const pair = crypto.randomUUID();
  const [near, far] = await Promise.all([relayed(pair), relayed(pair)]);
  return { near: new WebSocketCarrier(near), far: new WebSocketCarrier(far) };
}

async function dataChannelPair(): Promise<CarrierPair> {
  const { near, far, close } = await dataChannels();
  return { near: new DataChannelCarrier(near), far: new DataChannelCarrier(far), close };
}

function transformStreams(): CarrierPair {
  const [there, back] = [
    new TransformStream<Uint8Array, Uint8Array>(),
    new TransformStream<Uint8Array, Uint8Array>(),
  ];
  return {
    near: new WebStreamCarrier({ readable: back.readable, writable: there.writable }),
    far: new WebStreamCarrier({ readable: there.readable, writable: back.writable }),
  };
}

/** What carriers are tested over, by name. */
export const connections = {
  'a MessageChannel': ports,
  'an RTCDataChannel': dataChannelPair,
  'a WebSocket': webSockets,
  'a pair of TransformStreams': transformStreams,
} satisfies Record<string, () => CarrierPair | Promise<CarrierPair>>;
