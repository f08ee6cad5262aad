// A process with muxes as one would find them in a server, to be inspected. It tells its parent the page's address.
//
//   node scene.js [CHANNELS]    how many channels there are besides those of which the tests know
import { Duplex } from 'node:stream';
import { asyncScheduler, concatMap, interval, map, take, timer } from 'rxjs';
import { type Channel, ChannelError, Mux, send } from 'rxmux';
import { inspect } from 'rxmux/inspector';
import { muxPair } from 'rxmux/testing';

const KIB = 1024;

/** What must never be seen anywhere. */
const SECRET = 'the payload that nobody may see ';

const [, , many = '0'] = process.argv;

const secret = (size: number): Buffer => Buffer.alloc(size, SECRET);

/** Sends every so many milliseconds, more or less, as much as the waves of the sea. */
const drip = (channel: Channel, size: number, every: number): void => {
  const bytes = secret(size);
  const period = 20 + (channel.id % 5) * 13;
  interval(every)
    .pipe(map((beat) => bytes.subarray(0, Math.ceil(size * (0.55 + 0.45 * Math.sin(beat / period))))))
    .subscribe(channel.outbound$);
};

/** Sends as fast as the channel takes it. */
const flood = (channel: Channel): void => {
  const bytes = secret(16 * KIB);
  send(
    (function* () {
      for (;;) {
        yield bytes;
      }
    })(),
    channel,
  ).subscribe({ error: () => undefined });
};

const read = (channel: Channel): void => {
  channel.inbound$.subscribe({ error: () => undefined });
};

/** Takes a chunk only every so many milliseconds. */
const readSlowly = (channel: Channel, every: number): void => {
  channel.deliveries$.pipe(concatMap(({ ack }) => timer(every).pipe(map(ack)))).subscribe();
};

/** What the peer does with a channel: the beginning of its name says it. */
const peers: Readonly<Record<string, (channel: Channel) => void>> = {
  ignore: () => undefined,
  reader: read,
  late: (channel) => {
    channel.delayHandshake();
  },
  source: flood,
  dripper: (channel) => {
    read(channel);
    drip(channel, 2 * KIB, 50);
  },
  session: (channel) => {
    read(channel);
    drip(channel, KIB, 400);
  },
  quota: (channel) => {
    channel.inbound$.pipe(take(1)).subscribe(() => {
      channel.destroy(new ChannelError('QUOTA', SECRET));
    });
  },
};

function connect(rate: number, delay: number): Mux {
  const { near, far } = muxPair({ rate, delay, scheduler: asyncScheduler });
  far.channels$.subscribe((channel) => {
    peers[String(channel.handshake).split(' ')[0] ?? '']?.(channel);
  });
  return near;
}

const open = (mux: Mux, peer: string, label: string): Channel => {
  const channel = mux.open(peer, { label });
  channel.closed$.subscribe({ error: () => undefined });
  return channel;
};

const edge = connect(6_000_000, 4);

// The peer takes nothing: its window is full, and the rest is queued here.
const orders = open(edge, 'ignore', 'orders/eu-west');
read(orders);
orders.outbound$.next(secret(256 * KIB));

// Nobody takes what comes.
open(edge, 'source', 'audit-log');

// Comes faster than it is taken.
readSlowly(open(edge, 'source', 'reports/daily'), 150);

// Goes as fast as it can.
const backup = open(edge, 'reader', 'backup/volume-3');
read(backup);
flood(backup);

// The peer has not made up its mind.
const login = open(edge, 'late', 'login/grace');
read(login);
login.outbound$.next(secret(128 * KIB));

for (const name of ['prices/ACME', 'prices/EURUSD', 'chat/room-7', 'presence', 'metrics']) {
  const channel = open(edge, 'dripper', name);
  read(channel);
  drip(channel, 200, 40);
}
const broken = open(edge, 'quota', 'import/42');
read(broken);

const partner = connect(400_000, 40);
for (const name of ['invoices', 'catalogue']) {
  const channel = open(partner, 'dripper', name);
  read(channel);
  drip(channel, KIB, 100);
}

const busy = Number(many) > 0 ? connect(40_000_000, 1) : undefined;
if (busy !== undefined) {
  timer(0, 5)
    .pipe(take(Number(many)))
    .subscribe((index) => {
      const channel = open(busy, 'session', `session/${index}`);
      read(channel);
      drip(channel, 100, 400 + (index % 7) * 50);
    });
}

const inspector = await inspect({ port: 0 }, ...(busy === undefined ? [] : [busy]));
inspector.add(edge, 'edge-1');
inspector.add(partner, 'partner');
broken.outbound$.next(secret(1)); // from here on its errors are heard

/** A peer that sends what nobody knows. */
function fault(): void {
  const wire = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  inspector.add(new Mux(wire), 'odd-peer');
  wire.push(Buffer.from([0, 0, 0, 5, 200, 0, 0, 0, 1]));
}

setInterval(() => undefined, 60_000); // the inspector alone keeps no process
process.send?.(inspector.url);
process.on('message', fault); // which the tests ask for
process.on('disconnect', () => process.exit());
