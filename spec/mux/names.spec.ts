import { toDuplex } from '../../src/index.js';
import { text, toMessages } from '../../src/messages.js';
import { muxPair } from '../../src/testing.js';

const { near, far } = muxPair();

afterAll(() => {
  near.destroy();
  far.destroy();
});

it.each([
  ['a mux', near, 'Mux'],
  ['a channel', near.open(), 'Channel'],
  ['messages', toMessages(near.open(), text()), 'Messages'],
  ['a Duplex', toDuplex(near.open()).on('error', () => undefined), 'Duplex'],
])('%s is told from an object that is nothing but data', (_what, given, name) => {
  expect(Object.prototype.toString.call(given)).toBe(`[object ${name}]`);
});
