import { Arriving } from '../../src/nats/arriving.js';

const bytes = (text: string): Buffer => Buffer.from(text);

/** One whose far end may send ten bytes. */
function start(): Arriving {
  const arriving = new Arriving();
  arriving.tell(10);
  return arriving;
}

const accept = (
  arriving: Arriving,
  position: number,
  text: string,
  isEnd = false,
  isFull = false,
): string => {
  const { fresh, isGap } = arriving.accept(position, bytes(text), isEnd, isFull);
  return isGap ? 'gap' : String(fresh ?? '');
};

describe('what arrives', () => {
  it('is passed on once and in order, however often and in whatever pieces it comes', () => {
    const arriving = start();
    expect(
      [
        [0, 'abc'],
        [0, 'abc'],
        [1, 'bcd'],
        [0, 'abcdef'],
        [6, 'g'],
        [6, ''],
      ].map(([position, text]) => accept(arriving, position as number, text as string)),
    ).toEqual(['abc', '', 'd', 'ef', 'g', '']);
    expect(arriving.received).toBe(7);
  });

  it('is left out while something before it is missing, which is noticed once', () => {
    const arriving = start();
    expect([accept(arriving, 3, 'def'), accept(arriving, 6, 'g'), accept(arriving, 3, '')]).toEqual([
      'gap',
      '',
      '',
    ]);
    expect([accept(arriving, 0, 'abc'), accept(arriving, 4, 'e'), accept(arriving, 3, 'd')]).toEqual([
      'abc',
      'gap',
      'd',
    ]);
  });

  it('ends at a position of its own, and may say so twice', () => {
    const arriving = start();
    accept(arriving, 3, '', true);
    expect(arriving.hasEnded).toBe(false);
    accept(arriving, 0, 'abc');
    accept(arriving, 3, '', true);
    expect([arriving.hasEnded, arriving.received]).toEqual([true, 4]);
    expect([accept(arriving, 3, '', true), accept(arriving, 0, 'abc'), accept(arriving, 4, '')]).toEqual([
      '',
      '',
      '',
    ]);
  });

  it.each([
    [3, 'd'],
    [4, 'e'],
    [2, 'cd'],
  ])('may not come after the end, at %i', (position, text) => {
    const arriving = start();
    accept(arriving, 0, 'abc', true);
    expect(() => accept(arriving, position, text)).toThrow('the far end has sent bytes after its end at 3');
  });

  it('may not be more than the far end was allowed, though it was allowed less since', () => {
    const arriving = start();
    arriving.tell(2);
    expect(accept(arriving, 0, 'a'.repeat(10))).toHaveLength(10);
    expect(() => accept(arriving, 10, 'b')).toThrow('the far end has sent bytes up to 11, and may up to 10');
    arriving.take(3);
    arriving.tell(8);
    expect(accept(arriving, 10, 'b')).toBe('b');
  });

  it('is to be told when a quarter of the window was taken', () => {
    const arriving = start();
    accept(arriving, 0, 'a'.repeat(8));
    arriving.take(2);
    expect(arriving.isDue(10)).toBe(false);
    arriving.take(1);
    expect(arriving.isDue(10)).toBe(true);
    arriving.tell(10);
    expect([arriving.isDue(10), arriving.taken]).toEqual([false, 3]);
  });

  it('is to be told when all was taken and the far end waits', () => {
    const arriving = start();
    accept(arriving, 0, 'ab', false, true);
    expect(arriving.isDue(1000)).toBe(false);
    arriving.take(1);
    expect(arriving.isDue(1000)).toBe(false);
    arriving.take(1);
    expect(arriving.isDue(1000)).toBe(true);
    arriving.tell(1000);
    accept(arriving, 2, 'c');
    arriving.take(1);
    expect(arriving.isDue(1000)).toBe(false);
  });
});
