import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { where } from './support/features.js';
import { setStage, type Stage } from './support/stage.js';

/** Deno, whose server is the only one of WebTransport that npm has. */
async function listen() {
  const child = spawn(process.execPath, [join(__dirname, '../../scripts/listen.mjs'), 'deno'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exit.then(() => Promise.reject(new Error('the server did not start'))),
  ])) as [string];
  const { webTransport } = JSON.parse(line) as {
    readonly webTransport: { readonly url: string; readonly hash: readonly number[] };
  };
  return {
    ...webTransport,
    stop: async () => {
      child.stdin.end();
      await exit;
    },
  };
}

where('WebTransport')('in a browser, muxes over WebTransport', () => {
  let stage: Stage;
  let server: Awaited<ReturnType<typeof listen>>;
  const undo: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    server = await listen();
    undo.push(server.stop);
    stage = await setStage();
    undo.push(stage.close);
  }, 300_000); // Deno may have to be fetched

  afterEach(async () => {
    expect(await stage.uncaught()).toEqual([]);
  });

  afterAll(() => Promise.all(undo.map((step) => step())));

  it('exchange random bytes through ten channels of one stream', async () => {
    const exchanged = await stage.run('echoOverWebTransport', server.url, server.hash);
    expect(exchanged).toHaveLength(10);
    expect(exchanged.map(({ received }) => received)).toEqual(exchanged.map(({ sent }) => sent));
  });

  it('have each channel be a stream of the session: of either side, half-closed, stopped, refused, unread', async () => {
    const { exchanged, ...others } = await stage.run('exchangeOverSession', server.url, server.hash);
    expect(exchanged).toHaveLength(10);
    expect(exchanged.map(({ received }) => received)).toEqual(exchanged.map(({ sent }) => sent));
    expect(others).toEqual({
      sent: others.calledBack,
      calledBack: others.sent,
      refused: 'NO_THANKS',
      close: { closeCode: 0, reason: '' },
    });
  });
});
