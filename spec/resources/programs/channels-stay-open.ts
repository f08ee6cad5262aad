import { once } from 'node:events';
import { filter, firstValueFrom, merge } from 'rxjs';
import { type Channel, Mux, toDuplex } from 'rxmux';
import { loopback } from './loopback.js';
import { retained } from './retained.js';

const [, , count = '', kind = ''] = process.argv;
const channels = Number(count);
const areDuplexes = kind === 'Duplexes';

const [near, far] = await loopback();
const opener = new Mux(near);
const acceptor = new Mux(far);
acceptor.channels$.subscribe((channel) => {
  if (areDuplexes) {
    const duplex = toDuplex(channel);
    duplex.on('data', (chunk) => duplex.write(chunk)).on('end', () => duplex.end());
  } else {
    channel.inbound$.subscribe(channel.outbound$);
  }
});
const removed$ = merge(opener.removed$, acceptor.removed$);

/** Opens channels that then do nothing. */
async function open(): Promise<readonly Channel[]> {
  const opened = Array.from({ length: channels }, () => opener.open('hello'));
  for (const channel of opened) {
    if (areDuplexes) {
      toDuplex(channel).resume();
    } else {
      channel.inbound$.subscribe();
    }
  }
  while (opened.some(({ handshake }) => handshake === undefined)) {
    await once(near, 'data');
  }
  return opened;
}

/** Ends them. */
async function end(opened: readonly Channel[]): Promise<void> {
  const idle = firstValueFrom(
    removed$.pipe(filter(() => opener.openChannels.size === 0 && acceptor.openChannels.size === 0)),
  );
  for (const { outbound$ } of opened) {
    outbound$.complete();
  }
  await idle;
}

/** Bytes retained while they are open. */
async function openAndEnd(): Promise<number> {
  const opened = await open();
  const bytes = await retained();
  await end(opened);
  return bytes;
}

for (let round = 0; round < 2; round += 1) {
  await openAndEnd(); // what the engine has to learn takes memory, too, and it learns in the second one still
}
const before = await retained();
const whileOpen = await openAndEnd();
const after = await retained();
console.log(
  JSON.stringify({
    perOpenChannel: (whileOpen - before) / channels,
    perRemovedChannel: (after - before) / channels,
  }),
);
opener.destroy();
acceptor.destroy();
