import { filter, firstValueFrom, merge, type Subscription } from 'rxjs';
import { type Channel, Mux } from 'rxmux';
import { type Life, lives } from './lives.js';
import { loopback } from './loopback.js';
import { observablesOf } from './observables-of.js';
import { collect } from './retained.js';

const TOGETHER = 10;

/** An application may keep its subscriptions: they must not keep what they were to. */
const kept: Subscription[] = [];
const mortals: { readonly name: string; readonly ref: WeakRef<Channel> }[] = [];
const muxes: Mux[] = [];

const ignore = (): void => undefined;

function watch(name: string, channel: Channel): void {
  mortals.push({ name: `${name}: ${channel.id}, opened by ${channel.openedBy}`, ref: new WeakRef(channel) });
  for (const observable$ of observablesOf(channel)) {
    kept.push(observable$.subscribe({ error: ignore }));
  }
}

/** Channels come and go. When this returns, their muxes are still there. */
async function comeAndGo(name: string, { accept, open, number, options }: Life): Promise<void> {
  const [near, far] = await loopback();
  const opener = new Mux(near);
  const acceptor = new Mux(far, options);
  muxes.push(opener, acceptor);
  acceptor.channels$.subscribe((channel) => {
    watch(name, channel);
    accept(channel);
  });
  const idle = firstValueFrom(
    merge(opener.removed$, acceptor.removed$).pipe(
      filter(() => opener.openChannels.size === 0 && acceptor.openChannels.size === 0),
    ),
  );
  for (let n = 0; n < TOGETHER; n += 1) {
    const channel = opener.open('hello', number === undefined ? {} : { channel: number(n) });
    watch(name, channel);
    open(channel, n);
  }
  await idle;
}

for (const [name, life] of Object.entries(lives)) {
  await comeAndGo(name, life);
}
await collect();
const alive = mortals.filter(({ ref }) => ref.deref() !== undefined).map(({ name }) => name);
console.log(JSON.stringify({ watched: mortals.length, kept: kept.length, alive }));
for (const mux of muxes) {
  mux.destroy();
}
