// A demonstration: nats-server, two gateways, three instances of the services, and clients with many streams, while one part
// after the other is killed.
//
//   node build/examples/gateway/main.js [--streams 1000]
import { parseArgs } from 'node:util';
import { Client } from './client.js';
import { connectWs } from './connect-ws.js';
import { describeOutcome } from './describe-outcome.js';
import { freePort } from './free-port.js';
import { startNatsServer } from './start-nats-server.js';
import { startParts } from './start-parts.js';
import { type Outcome, Streams } from './streams.js';

const CLIENTS = 20;

process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));

function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new TypeError(`expected --streams as a number from 1 to 999999, got ${JSON.stringify(text)}`);
  }
  return Number(text);
}

/** What nothing excuses. */
function assertNone(what: string, { failed, hung }: Pick<Outcome, 'failed' | 'hung'>): void {
  const wrong = [...failed.keys()].filter((why) => /^(WRONG_BYTES|ENDED_EARLY)/.test(why));
  if (hung > 0 || wrong.length > 0) {
    throw new Error(`${what}: ${hung} streams hang; ${wrong.join(', ') || 'all bytes are right'}`);
  }
}

function assertAllWentOn(what: string, outcome: Outcome): void {
  assertNone(what, outcome);
  if (outcome.failed.size > 0) {
    throw new Error(`${what}: streams have failed: ${[...outcome.failed.keys()].join(', ')}`);
  }
}

async function demonstrate(total: number): Promise<void> {
  const natsPort = await freePort();
  let nats = await startNatsServer(natsPort);
  const { gateways, instances, urls } = await startParts(natsPort);
  for (const { title } of [nats, ...gateways, ...instances]) {
    console.log(`started ${title}`);
  }

  const clients = Array.from({ length: CLIENTS }, (_, n) => new Client(urls, n % urls.length, connectWs));
  const streams = new Streams(clients, total);
  assertAllWentOn('at the beginning', await streams.goOn());
  console.log(`\n${total} streams of ${CLIENTS} clients run, over ${urls.length} gateways\n`);

  /** Does harm, and says what has become of the streams. */
  const harm = async (what: string, act: () => unknown): Promise<Outcome> => {
    await act();
    console.log(what);
    const began = performance.now();
    const outcome = await streams.goOn();
    console.log(describeOutcome(outcome, performance.now() - began));
    assertNone(what, outcome);
    const opened = streams.reopen();
    if (opened > 0) {
      assertAllWentOn(`${what}, opened again`, await streams.goOn());
      console.log(`   ${opened} opened again, and all ${total} run`);
    }
    console.log('');
    return outcome;
  };

  const [busiest, ...others] = [...instances].sort((a, b) => b.count('session: ') - a.count('session: '));
  const [gateway, ...otherGateways] = gateways;
  if (busiest === undefined || gateway === undefined) {
    throw new Error('nothing has been started');
  }
  await harm(`${busiest.title} killed: it had ${busiest.count('session: ')} of 6 sessions`, () =>
    busiest.end('SIGKILL'),
  );
  assertAllWentOn(
    'connections cut',
    await harm('all connections of the clients cut', () => {
      for (const client of clients) {
        client.cut();
      }
    }),
  );
  await harm(`${gateway.title} killed: it had half of the clients`, () => gateway.end('SIGKILL'));
  assertAllWentOn(
    'nats-server restarted',
    await harm(`${nats.title} killed, and started again`, async () => {
      await nats.end('SIGKILL');
      nats = await startNatsServer(natsPort);
    }),
  );
  console.log(`started ${nats.title}`);

  assertAllWentOn('at the end', await streams.finish());
  console.log(
    `all ${total} streams have ended, none with a wrong byte; ${streams.bytes} bytes went there and back in all`,
  );
  await Promise.all(clients.map((client) => client.close()));
  for (const child of [...otherGateways, ...others]) {
    await child.end('SIGTERM');
    if (child.status !== 0) {
      throw new Error(`${child.title} has ended with ${String(child.status)}`);
    }
  }
  await nats.end('SIGTERM');
  console.log('all processes have ended');
}

try {
  const { values } = parseArgs({ options: { streams: { type: 'string', default: '1000' } } });
  await demonstrate(count(values.streams));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1); // and with this one all that it has started
}
