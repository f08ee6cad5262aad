import { firstValueFrom, merge } from 'rxjs';
import { Mux } from 'rxmux';
import { lives } from './lives.js';
import { loopback } from './loopback.js';
import { retained } from './retained.js';

/** Channels that are opened together: they overlap with those before. */
const TOGETHER = 100;

const [, , name = '', count = ''] = process.argv;
const life = lives[name];
if (life === undefined) {
  throw new RangeError(`no such life: ${name}`);
}

/** Collects what is young, as the engine does by itself all the time. */
const collectYoung = globalThis.gc as (options: { type: 'minor' }) => void;

const [near, far] = await loopback();
const opener = new Mux(near);
const acceptor = new Mux(far);
acceptor.channels$.subscribe(life.accept);
const removed$ = merge(opener.removed$, acceptor.removed$);
let opened = 0;

/** Waits until so many channels are open at most. */
const fewAreLeft = async (channels: number): Promise<void> => {
  while (opener.openChannels.size > channels || acceptor.openChannels.size > channels) {
    await firstValueFrom(removed$);
  }
};

const comeAndGo = async (channels: number): Promise<void> => {
  for (const end = opened + channels; opened < end;) {
    for (let i = 0; i < TOGETHER; i += 1, opened += 1) {
      life.open(opener.open('hello'), opened);
    }
    await fewAreLeft(TOGETHER / 2);
  }
  await fewAreLeft(0);
};

await comeAndGo(1000);
const before = await retained(); // what is left of them is old from now on
await comeAndGo(Number(count));
collectYoung({ type: 'minor' });
collectYoung({ type: 'minor' });
const { heapUsed, arrayBuffers } = process.memoryUsage();
console.log(JSON.stringify({ perChannel: (heapUsed + arrayBuffers - before) / Number(count) }));
opener.destroy();
acceptor.destroy();
