import { filter, firstValueFrom, merge } from 'rxjs';
import { Mux } from 'rxmux';
import { lives } from './lives.js';
import { loopback } from './loopback.js';
import { reportSamples } from './report-samples.js';

/** Channels that are opened together. */
const TOGETHER = 100;

const [, , name = '', count = ''] = process.argv;
const life = lives[name];
if (life === undefined) {
  throw new RangeError(`no such life: ${name}`);
}

const [near, far] = await loopback();
const opener = new Mux(near);
const acceptor = new Mux(far, life.options);
acceptor.channels$.subscribe(life.accept);
const idle$ = merge(opener.removed$, acceptor.removed$).pipe(
  filter(() => opener.openChannels.size === 0 && acceptor.openChannels.size === 0),
);

let opened = 0;

await reportSamples(Number(count), async (channels) => {
  for (const end = opened + channels; opened < end;) {
    const idle = firstValueFrom(idle$);
    for (let i = 0; i < TOGETHER; i += 1, opened += 1) {
      const number = life.number?.(opened);
      life.open(opener.open('hello', number === undefined ? {} : { channel: number }), opened);
    }
    await idle;
  }
});
opener.destroy();
acceptor.destroy();
