import { validated } from '../../src/messages/standard-schema.js';
import { FIRST_REQUEST, requestFrom, requestSchema } from '../../src/inspector/request.js';

describe('a request', () => {
  it('is what the page has sent', () => {
    const sent = {
      ...FIRST_REQUEST,
      sort: 'queue',
      filter: 'stuck',
      mux: 2,
      detail: 7,
      paused: true,
    } as const;
    expect(requestFrom(JSON.parse(JSON.stringify(sent)))).toEqual(sent);
  });

  it.each([
    ['interval', 1, 50],
    ['interval', 1e9, 60_000],
    ['interval', 'soon', FIRST_REQUEST.interval],
    ['from', -5, 0],
    ['count', 1e6, 200],
    ['count', 1.5, FIRST_REQUEST.count],
    ['sort', 'constructor', 'waits'],
    ['filter', 7, ''],
    ['filter', 'x'.repeat(1000), 'x'.repeat(200)],
    ['mux', 'all', undefined],
    ['detail', null, undefined],
    ['paused', 1, false],
    ['descending', 'yes', false],
  ])('has its %s in range where %p was sent', (name, given, used) => {
    expect(requestFrom({ ...FIRST_REQUEST, [name]: given })).toMatchObject({ [name]: used });
  });

  it('takes over nothing that is no part of it', () => {
    expect(requestFrom({ ...FIRST_REQUEST, destroy: 'all' })).not.toHaveProperty('destroy');
  });

  it.each([undefined, null, 5, 'text'])('is none where %p was sent', (given) => {
    expect(() => validated(requestSchema, given)).toThrow('no request');
  });

  it('may leave out everything', () => {
    expect(validated(requestSchema, {})).toMatchObject({ interval: 250, from: 0, sort: 'waits' });
  });
});
