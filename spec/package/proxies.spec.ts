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

/** In proxies of plain objects only, the methods of another peer are to be seen, too. */
const STORES = {
  MobX: `import { observable } from 'mobx';\nconst stored = observable;`,
  Solid: `import { createStore } from 'solid-js/store';\nconst stored = (value) => createStore(value)[0];`,
};

const CALL = `
import { lastValueFrom } from 'rxjs';
import { remote, serve } from 'rxmux/remote';
import { muxPair } from 'rxmux/testing';

const { near, far } = muxPair();
serve(far, { said: JSON.stringify });
const state = stored({ methods: remote(near), value: { a: [1] } });
console.log(await lastValueFrom(state.methods.said(state.value)));
await near.close();
`;

describe('in the state of a component', () => {
  let project: Project;

  beforeAll(async () => {
    project = await Project.make();
    const frameworks = await installed('proxies', {
      '@vue/reactivity': '3.5.45',
      mobx: '7.1.3',
      'solid-js': '1.9.20',
    });
    for (const name of ['@vue/reactivity', 'mobx', 'solid-js']) {
      await project.link(name, join(frameworks, name));
    }
    await project.write('main.mjs', PROGRAM);
  }, 300_000);

  afterAll(() => project.remove());

  it('of Vue a mux, channels and what is made of them do what they do elsewhere', async () => {
    expect(await project.run('main.mjs')).toBe(EXPECTED);
  });
  it.each(Object.entries(STORES))(
    'of %s the methods of another peer can be called',
    async (name, imports) => {
      await project.write(`${name}.mjs`, imports + CALL);
      expect(await project.run('--conditions=browser', `${name}.mjs`)).toBe('{"a":[1]}\n');
    },
  );
});
