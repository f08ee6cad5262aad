import { PeerHandshake } from '../../src/channel/peer-handshake.js';
import { listen } from '../support/listen.js';

const parse = (data: Buffer): unknown => JSON.parse(data.toString());
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('PeerHandshake', () => {
  it('tells what the parser made of the data, to late subscribers too', () => {
    const handshake = new PeerHandshake(parse);
    const early = listen(handshake.handshake$);
    expect([handshake.hasCome, handshake.value]).toEqual([false, undefined]);
    expect(handshake.come(json({ a: 1 }), 5, false)).toBeUndefined();
    expect([handshake.hasCome, handshake.value]).toEqual([true, { a: 1 }]);
    expect(early).toEqual([{ a: 1 }, 'complete']);
    expect(listen(handshake.handshake$)).toEqual(early);
  });

  it('reports what the parser throws, and errors with it', () => {
    const handshake = new PeerHandshake(parse);
    const problem = handshake.come(Buffer.from('{'), 5, false);
    expect(problem).toMatchObject({ code: 'ERR_RXMUX_PARSE_HANDSHAKE', channelId: 5 });
    expect(problem?.cause).toBeInstanceOf(SyntaxError);
    expect(listen(handshake.handshake$)).toEqual([problem]);
    expect(handshake.value).toBeUndefined();
  });

  it('completes without a value where there was no data and the parser throws at that', () => {
    const handshake = new PeerHandshake(parse);
    expect(handshake.come(Buffer.alloc(0), 5, false)).toBeUndefined();
    expect(listen(handshake.handshake$)).toEqual(['complete']);
    expect(handshake.value).toBeUndefined();
  });

  it('gives a parser that makes something of nothing its chance', () => {
    const handshake = new PeerHandshake(({ length }) => length);
    handshake.come(Buffer.alloc(0), 5, false);
    expect(listen(handshake.handshake$)).toEqual([0, 'complete']);
  });

  it('tells nothing of what may be a refusal before that is known', () => {
    const accepted = new PeerHandshake(String);
    const refused = new PeerHandshake(String);
    const heard = [listen(accepted.handshake$), listen(refused.handshake$)];
    accepted.come(Buffer.alloc(0), 5, true);
    refused.come(Buffer.alloc(0), 5, true);
    expect(heard).toEqual([[], []]);
    const error = new Error('refused');
    accepted.confirm(5);
    refused.fail(error);
    expect(heard).toEqual([['', 'complete'], [error]]);
    expect(accepted.confirm(5)).toBeUndefined();
    accepted.fail(error);
    expect(accepted.value).toBe('');
  });
});
