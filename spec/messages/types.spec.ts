import { type Observable, of, type Subject } from 'rxjs';
import { z } from 'zod';
import { type Channel, Mux, send, sendTo } from '../../src/index.js';
import {
  bytes,
  type Codec,
  json,
  type MessageDelivery,
  type Messages,
  text,
  toMessages,
} from '../../src/messages.js';
import { TestCarrier } from '../support/test-carrier.js';

interface Tick {
  readonly price: number;
}

type Command = 'pause' | 'go on';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Fails to compile where the types are not the same. */
const same = <A, B>(_same: Same<A, B>): void => undefined;

// What is here is held by the compiler (`npm run typecheck`); the test runs it.
describe('the types of messages', () => {
  const channel: Channel = new Mux(new TestCarrier()).open();

  it('are those that both ends agree on', () => {
    const messages = toMessages<Tick, Command>(channel, json());
    same<typeof messages.inbound$, Subject<Tick>>(true);
    same<typeof messages.outbound$, Subject<Command>>(true);
    same<typeof messages.deliveries$, Observable<MessageDelivery<Tick>>>(true);
    messages.outbound$.next('pause');
    // @ts-expect-error: not a command
    messages.outbound$.next('stop');
    // @ts-expect-error: ticks are what comes
    messages.inbound$.subscribe((tick: Command) => tick);
    expect(messages.channel).toBe(channel);
  });

  it('are inferred from codec and channel', () => {
    const Schema = z.object({ price: z.number() });
    same<ReturnType<typeof toMessages<string>>, Messages<string>>(true);
    const checked = toMessages(channel, json(Schema));
    same<typeof checked, Messages<{ price: number }, { price: number }, Buffer>>(true);
    const commanded = toMessages<Tick, Command>(channel, json(Schema));
    same<typeof commanded, Messages<Tick, Command>>(true);
    const texts = toMessages(channel, text());
    same<typeof texts, Messages<string, string, Buffer>>(true);
    const parsing = new Mux(new TestCarrier(), { parseHandshake: (data) => data.length }).open();
    const sizes = toMessages(parsing, bytes());
    same<typeof sizes, Messages<Uint8Array, Uint8Array, number>>(true);
    expect([checked, commanded, texts, sizes].map((messages) => messages.channel)).toContain(channel);
    // @ts-expect-error: the schema gives something else than a Command
    toMessages<Command>(channel, json(Schema));
    // @ts-expect-error: a codec decodes, too
    expect(() => toMessages(channel, { encode: () => new Uint8Array() })).toThrow(TypeError);
    // @ts-expect-error: no schema
    expect(() => json({})).toThrow(TypeError);
    // @ts-expect-error: an option that does not exist
    expect(() => toMessages(channel, text(), { maxSize: 1 })).toThrow(TypeError);
  });

  it('fit what is sent', () => {
    const messages = toMessages<Tick, Command>(channel, json());
    const commands$ = of<Command>('pause');
    same<Observable<never>, ReturnType<typeof send>>(true);
    expect(send(commands$, messages)).toBeDefined();
    expect(send(['go on'] as const, messages)).toBeDefined();
    expect(commands$.pipe(sendTo(messages))).toBeDefined();
    expect(of('pause' as const).pipe(sendTo(messages, { overflow: 'latest' }))).toBeDefined();
    expect(send(['bytes', new Uint8Array()], channel)).toBeDefined();
    // @ts-expect-error: no commands
    expect(send(of(1), messages)).toBeDefined();
    // @ts-expect-error: no commands
    expect(of('stop').pipe(sendTo(messages))).toBeDefined();
    // @ts-expect-error: a channel takes bytes and strings
    expect(send(of(1), channel)).toBeDefined();
    // @ts-expect-error: not all that has a channel are messages
    expect(() => send(of('a'), { channel })).toThrow(TypeError);
  });

  it('let a codec make one type of another', () => {
    const codec: Codec<Date, number> = {
      encode: (value) => Buffer.from(String(value)),
      decode: (given) => new Date(Number(Buffer.from(given).toString())),
    };
    const messages = toMessages(channel, codec);
    same<typeof messages, Messages<Date, number, Buffer>>(true);
    // @ts-expect-error: numbers are sent
    messages.outbound$.next(new Date());
    expect(messages.channel.id).toBe(channel.id);
  });
});
