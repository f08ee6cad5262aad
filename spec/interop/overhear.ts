import { BPMux, type BPMuxOptions } from 'bpmux';
import { Mux, type MuxOptions } from '../../src/index.js';
import { duplexPair } from '../support/connected.js';
import { turn } from '../support/test-carrier.js';
import { WireReader } from '../support/wire.js';

/** A mux whose peer is a bpmux, and all that it sends to that. */
export function overhear(options?: MuxOptions, bpmuxOptions?: BPMuxOptions) {
  const [near, far] = duplexPair();
  const sent: Buffer[] = [];
  const push = far.push.bind(far);
  jest.spyOn(far, 'push').mockImplementation((chunk: Buffer | null) => {
    if (chunk !== null) {
      sent.push(Buffer.from(chunk));
    }
    return push(chunk);
  });
  const mux = new Mux(near, { keepAlive: false, highChannels: false, ...options });
  const bpmux = new BPMux(far, { keep_alive: false, ...bpmuxOptions });
  // What breaks its channels is no failure of the test.
  bpmux.on('peer_multiplex', (duplex) => duplex.on('error', () => undefined));
  const faults: string[] = [];
  mux.errors$.subscribe(({ message }) => faults.push(message));
  bpmux.on('error', ({ message }) => faults.push(message));
  return {
    ...{ mux, bpmux, faults },
    bytes: () => Buffer.concat(sent),
    said: () => new WireReader().read(Buffer.concat(sent)),
  };
}

export type Overheard = ReturnType<typeof overhear>;

/** What is on its way has arrived, and what it causes to be sent, too. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i += 1) {
    await turn();
  }
}
