import { PeerHandshake } from '../../src/channel/peer-handshake.js';
import { listen } from '../support/listen.js';

const parse = (data: Buffer): unknown => JSON.parse(data.toString());
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('PeerHandshake', () => {
  it('tells what the parser made of the data, to late subscribers too', () => {
    const handshake = new PeerHandshake();
    const early = listen(handshake.handshake$);
    expect([handshake.hasCome, handshake.value]).toEqual([false, undefined]);
    handshake.come(json({ a: 1 }));
    expect(handshake.confirm(parse, 5)).toBeUndefined();
    expect([handshake.hasCome, handshake.value]).toEqual([true, { a: 1 }]);
    expect(early).toEqual([{ a: 1 }, 'complete']);
    expect(listen(handshake.handshake$)).toEqual(early);
  });

  it('reports what the parser throws, and errors with it', () => {
    const handshake = new PeerHandshake();
    handshake.come(Buffer.from('{'));
    const problem = handshake.confirm(parse, 5);
    expect(problem).toMatchObject({ code: 'ERR_RXMUX_PARSE_HANDSHAKE', channelId: 5 });
    expect(problem?.cause).toBeInstanceOf(SyntaxError);
    expect(listen(handshake.handshake$)).toEqual([problem]);
    expect(handshake.value).toBeUndefined();
  });

  it('completes without a value where there was no data and the parser throws at that', () => {
    const handshake = new PeerHandshake();
    handshake.come(Buffer.alloc(0));
    expect(handshake.confirm(parse, 5)).toBeUndefined();
    expect(listen(handshake.handshake$)).toEqual(['complete']);
    expect(handshake.value).toBeUndefined();
  });

  it('gives a parser that makes something of nothing its chance', () => {
    const handshake = new PeerHandshake<number>();
    handshake.come(Buffer.alloc(0));
    handshake.confirm(({ length }) => length, 5);
    expect(listen(handshake.handshake$)).toEqual([0, 'complete']);
  });

  it('tells nothing of what may be a refusal before that is known', () => {
    const accepted = new PeerHandshake<string>();
    const refused = new PeerHandshake<string>();
    const heard = [listen(accepted.handshake$), listen(refused.handshake$)];
    accepted.come(Buffer.alloc(0));
    refused.come(Buffer.alloc(0));
    expect(heard).toEqual([[], []]);
    expect([accepted.hasCome, listen(accepted.handshake$)]).toEqual([true, []]);
    const error = new Error('refused');
    accepted.confirm(String, 5);
    refused.fail(error);
    expect(heard).toEqual([['', 'complete'], [error]]);
    expect(accepted.confirm(String, 5)).toBeUndefined();
    accepted.fail(error);
    expect(accepted.value).toBe('');
  });

  it('errors where it never comes, and confirms nothing', () => {
    const handshake = new PeerHandshake<string>();
    expect(handshake.confirm(String, 5)).toBeUndefined();
    const error = new Error('gone');
    handshake.fail(error);
    expect(listen(handshake.handshake$)).toEqual([error]);
  });
});
