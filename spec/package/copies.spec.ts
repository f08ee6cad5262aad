import { Project } from './project.js';

/** Channels of a mux of `theirs`, given to `ours`: each prints what it has received. */
const CHECK = `
async function check(ours, theirs, { muxPair }) {
  const { near, far } = muxPair();
  far.channels$.subscribe((channel) => {
    channel.inbound$.subscribe(channel.outbound$);
  });

  const duplex = ours.toDuplex(near.open());
  duplex.setEncoding('utf8').end('Duplex');
  for await (const text of duplex) console.log(text);

  const { readable, writable } = ours.toWebStream(near.open());
  const writer = writable.getWriter();
  void writer.write('WHATWG stream');
  void writer.close();
  console.log(await new Response(readable).text());

  const sent = near.open();
  sent.inbound$.subscribe((chunk) => console.log(String(chunk)));
  const closed = new Promise((resolve) => sent.closed$.subscribe({ complete: resolve }));
  ours.send(['send'], sent).subscribe();
  await closed;

  const messages = theirs.toMessages(near.open(), theirs.text());
  const message = new Promise((resolve) => messages.inbound$.subscribe(resolve));
  ours.send(['messages'], messages).subscribe();
  console.log(await message);

  const failed = near.open();
  failed.handshake$.subscribe({ complete: () => failed.destroy(new ours.ChannelError('E_PRICE', 'too dear')) });
  await new Promise((resolve) => failed.closed$.subscribe({ error: resolve }));
  console.log(ours.Mux === theirs.Mux ? 'one copy' : 'two copies');
}
`;

const EXPECTED = 'Duplex\nWHATWG stream\nsend\nmessages\ntwo copies\n';

describe('in one program', () => {
  let project: Project;

  beforeAll(async () => {
    project = await Project.make();
    await project.unpack('other/node_modules/rxmux');
    await project.write(
      'other/copy.cjs',
      `module.exports = { ...require('rxmux'), ...require('rxmux/messages'), ...require('rxmux/testing') };`,
    );
    await project.write('check.cjs', `${CHECK}module.exports = check;`);
  }, 120_000);

  afterAll(() => project.remove());

  const checked = async (ours: string, theirs: string): Promise<string> => {
    const text = `
      import { createRequire } from 'node:module';
      import check from './check.cjs';
      const require = createRequire(import.meta.url);
      const esm = { ...(await import('rxmux')), ...(await import('rxmux/messages')), ...(await import('rxmux/testing')) };
      const cjs = { ...require('rxmux'), ...require('rxmux/messages'), ...require('rxmux/testing') };
      const browser = { ...require('./node_modules/rxmux/dist/browser-cjs/index.js') };
      const other = require('./other/copy.cjs');
      await check(${ours}, ${theirs}, ${theirs});
    `;
    await project.write('main.mjs', text);
    return project.run('main.mjs');
  };

  it.each([
    ['the ES modules', 'esm', 'CommonJS', 'cjs'],
    ['CommonJS', 'cjs', 'the ES modules', 'esm'],
    ['the build for browsers', 'browser', 'the ES modules', 'esm'],
    ['one installed copy', 'cjs', 'another', 'other'],
  ])('%s adapts channels (%s) of %s (%s)', async (_ours, ours, _theirs, theirs) => {
    expect(await checked(ours, theirs)).toBe(EXPECTED);
  });

  it('an error of another copy is known by its code', async () => {
    await project.write(
      'code.mjs',
      `
      import { createRequire } from 'node:module';
      import { PeerError } from 'rxmux';
      const { muxPair } = createRequire(import.meta.url)('rxmux/testing');
      const { near, far } = muxPair();
      far.channels$.subscribe((channel) => channel.reject());
      near.open().inbound$.subscribe({
        error: (error) => console.log(error instanceof PeerError, error.code, error instanceof Error),
      });
    `,
    );
    expect(await project.run('code.mjs')).toBe('false ERR_RXMUX_PEER true\n');
  });

  it('each copy serves its methods over one mux', async () => {
    await project.write(
      'serve.mjs',
      `
      import { createRequire } from 'node:module';
      import { lastValueFrom } from 'rxjs';
      import { remote, serve } from 'rxmux/remote';
      import { muxPair } from 'rxmux/testing';
      const { serve: serveToo } = createRequire(import.meta.url)('rxmux/remote');
      const { near, far } = muxPair();
      const first = serve(far, { mine: () => 'mine', both: () => 'first' });
      serveToo(far, { yours: () => 'yours', both: () => 'second' });
      const methods = remote(near);
      const call = (name) => lastValueFrom(methods[name]()).catch(({ code }) => code);
      console.log(await call('mine'), await call('yours'), await call('both'), await call('neither'));
      first.unsubscribe();
      console.log(await call('mine'), await call('yours'), await call('both'), await call('neither'));
    `,
    );
    expect(await project.run('serve.mjs')).toBe(
      'mine yours first UNKNOWN_METHOD\nUNKNOWN_METHOD yours second UNKNOWN_METHOD\n',
    );
  });
});
