import { setImmediate } from 'node:timers/promises';
import { firstValueFrom, NEVER, type ObservableInput } from 'rxjs';
import { Mux, send } from 'rxmux';
import { remote, serve } from 'rxmux/remote';
import { loopback } from './loopback.js';
import { collect } from './retained.js';

/** Both muxes of a connection. */
interface Pair {
  readonly near: Mux;
  readonly far: Mux;
}

/** What an application waits for as long as it lives: it keeps whoever waits with it. */
const wakes: ((value: unknown) => void)[] = [];
const never = new Promise<unknown>((resolve) => {
  wakes.push(resolve);
});

/** Sources that give nothing, ever, and go on being there. */
const sources: Record<string, () => ObservableInput<string>> = {
  'a promise': () => never as Promise<string>,
  'an async iterable': () => ({
    [Symbol.asyncIterator]: () => ({
      next: () =>
        new Promise((resolve) => {
          wakes.push(resolve as (value: unknown) => void);
        }),
    }),
  }),
  'an async iterable whose return() hangs': () => ({
    [Symbol.asyncIterator]: () => ({
      next: () => never as Promise<IteratorResult<string>>,
      return: () => never as Promise<IteratorResult<string>>,
    }),
  }),
  'an async generator': async function* () {
    yield (await never) as string;
  },
};

interface Api {
  give(): ObservableInput<string>;
  take(values$: ObservableInput<string>): ObservableInput<string>;
}

/** What is done with such a source, until it has been asked for something. */
const uses: Record<string, (pair: Pair, source: ObservableInput<string>) => Promise<() => void>> = {
  'sent, and left': async ({ near, far }, source) => {
    const opened = firstValueFrom(far.channels$);
    const sending = send(source, near.open()).subscribe({ error: ignore });
    await opened;
    return () => {
      sending.unsubscribe();
    };
  },
  'sent, and the mux goes': async ({ near, far }, source) => {
    const opened = firstValueFrom(far.channels$);
    send(source, near.open()).subscribe({ error: ignore });
    await opened;
    return ignore;
  },
  'the answer of a call, which is left': async ({ near, far }, source) => {
    const called = new Promise<void>((resolve) => {
      serve<Api>(far, { give: () => (resolve(), source), take: () => NEVER });
    });
    const call = remote<Api>(near).give().subscribe({ error: ignore });
    await called;
    return () => {
      call.unsubscribe();
    };
  },
  'an argument of a call, which is left': async ({ near, far }, source) => {
    const called = new Promise<void>((resolve) => {
      serve<Api>(far, { give: () => NEVER, take: () => (resolve(), NEVER) });
    });
    const call = remote<Api>(near).take(source).subscribe({ error: ignore });
    await called;
    return () => {
      call.unsubscribe();
    };
  },
};

function ignore(): void {
  // nobody wants to know
}

const mortals: { readonly name: string; readonly ref: WeakRef<object> }[] = [];

async function liveAndEnd(name: string, use: (pair: Pair) => Promise<() => void>): Promise<void> {
  const [socket, farSocket] = await loopback();
  const near = new Mux(socket);
  const far = new Mux(farSocket, { highChannels: true });
  const leave = await use({ near, far });
  mortals.push(
    { name: `${name}: near`, ref: new WeakRef(near) },
    { name: `${name}: far`, ref: new WeakRef(far) },
  );
  leave();
  await setImmediate();
  near.destroy();
  far.destroy();
}

for (const [kind, source] of Object.entries(sources)) {
  for (const [how, use] of Object.entries(uses)) {
    await liveAndEnd(`${kind}, ${how}`, (pair) => use(pair, source()));
  }
}
await setImmediate(); // sockets are closed in a turn of their own
await collect();
const alive = mortals.filter(({ ref }) => ref.deref() !== undefined).map(({ name }) => name);
console.log(JSON.stringify({ watched: mortals.length, kept: wakes.length, alive }));
