import { Project } from './project.js';

/** Bytes and calls, in each way in which they are read. */
const PROGRAM = `
import { lastValueFrom, of, toArray } from 'rxjs';
import { ChannelError, toDuplex, toWebStream } from 'rxmux';
import { json, toMessages } from 'rxmux/messages';
import { remote, serve } from 'rxmux/remote';
import { muxPair } from 'rxmux/testing';

const { near, far } = muxPair();
const echoed = (text) => {
  const channel = near.open();
  channel.outbound$.next(text);
  channel.outbound$.complete();
  return channel;
};
serve(far, { count: (values$) => values$, async *letters() { yield* 'ab'; } });
far.channels$.subscribe((channel) => {
  if (channel.handshake?.length > 0) {
    channel.reject(new ChannelError('E_NO', 'no'));
  } else {
    channel.inbound$.subscribe(channel.outbound$);
  }
});

console.log(String(await lastValueFrom(echoed('Subject').inbound$)));
for await (const chunk of echoed('for await')) console.log(String(chunk));
for await (const chunk of toDuplex(echoed('Duplex'))) console.log(String(chunk));
console.log(await new Response(toWebStream(echoed('WHATWG stream')).readable).text());
for await (const { is } of toMessages(echoed('\\x00\\x00\\x00\\x11{"is":"messages"}'), json())) console.log(is);
for await (const value of remote(near).count(of('a call'))) console.log(value);
console.log(await lastValueFrom(remote(near).letters().pipe(toArray())).then(String));
await lastValueFrom(near.open('no').inbound$).catch((error) => console.log(String(error)));
`;

const EXPECTED = `Subject
for await
Duplex
WHATWG stream
messages
a call
a,b
PeerError: peer error: E_NO
`;

describe('a program runs', () => {
  let project: Project;

  beforeAll(async () => {
    project = await Project.make();
    await project.write('main.mjs', PROGRAM);
  }, 120_000);

  afterAll(() => project.remove());

  it.each([
    ['where the classes of the language are frozen', ['--frozen-intrinsics', '--no-warnings']],
    ['where no code is made of strings', ['--disallow-code-generation-from-strings']],
    ['where __proto__ throws', ['--disable-proto=throw']],
  ])('%s', async (_name, flags) => {
    expect(await project.run(...flags, 'main.mjs')).toBe(EXPECTED);
  });
});
