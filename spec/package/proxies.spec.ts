import { join } from 'node:path';
import { installed } from './installed.js';
import { Project } from './project.js';

/** What components keep in their state, where a framework makes proxies of it: to those, private members are unknown. */
const PROGRAM = `
import { lastValueFrom, of, toArray } from 'rxjs';
import { toDuplex } from 'rxmux';
import { json, toMessages } from 'rxmux/messages';
import { remote, serve } from 'rxmux/remote';
import { muxPair } from 'rxmux/testing';
import { reactive, ref } from '@vue/reactivity';

const { near, far } = muxPair();
far.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
serve(far, { twice: (value) => of(value, value) });

const mux = ref(near);
const state = reactive({ mux: near, channels: [], methods: remote(near) });
const open = (text) => {
  state.channels.push(state.mux.open());
  const channel = state.channels.at(-1);
  channel.outbound$.next(text);
  channel.outbound$.complete();
  return channel;
};
console.log(String(await lastValueFrom(open('Subject').inbound$)));
for await (const chunk of open('for await')) console.log(String(chunk));
state.duplex = toDuplex(open('Duplex'));
for await (const chunk of state.duplex) console.log(String(chunk));
state.messages = toMessages(near.open(), json());
state.messages.outbound$.next('messages');
state.messages.outbound$.complete();
console.log(await lastValueFrom(state.messages.inbound$));
console.log(await lastValueFrom(state.methods.twice('a call').pipe(toArray())).then(String));
console.log(await lastValueFrom(remote(mux.value).twice(reactive({ a: [1] }))).then(JSON.stringify));
await mux.value.close();
`;

const EXPECTED = `Subject
for await
Duplex
messages
a call,a call
{"a":[1]}
`;

describe('in the state of a component', () => {
  let project: Project;

  beforeAll(async () => {
    project = await Project.make();
    const vue = await installed('vue', { '@vue/reactivity': '3.5.45' });
    await project.link('@vue/reactivity', join(vue, '@vue/reactivity'));
    await project.write('main.mjs', PROGRAM);
  }, 300_000);

  afterAll(() => project.remove());

  it('of Vue a mux, channels and what is made of them do what they do elsewhere', async () => {
    expect(await project.run('main.mjs')).toBe(EXPECTED);
  });
});
