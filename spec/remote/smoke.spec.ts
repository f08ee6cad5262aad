import { of, take, toArray, lastValueFrom, interval, map, Observable, firstValueFrom } from 'rxjs';
import { remote, serve } from '../../src/remote.js';
import { muxPair } from '../../src/testing.js';

interface Market {
  add(a: number, b: number): Promise<number>;
  ticks(symbol: string): Observable<string>;
  chat(mine$: Observable<string>): Observable<string>;
  fail(): Promise<void>;
}

it('works', async () => {
  const { near, far } = muxPair();
  serve<Market>(
    far,
    {
      add: (a, b) => a + b,
      ticks: (symbol) => interval(1).pipe(map((i) => symbol + i)),
      chat: (mine$) => mine$.pipe(map((s) => s.toUpperCase())),
      fail: () => {
        throw new Error('x');
      },
    },
    { exposeErrors: true },
  );
  const market = remote<Market>(near);
  expect(await firstValueFrom(market.add(1, 2))).toBe(3);
  expect(await lastValueFrom(market.ticks('A').pipe(take(3), toArray()))).toEqual(['A0', 'A1', 'A2']);
  expect(await lastValueFrom(market.chat(of('a', 'b')).pipe(toArray()))).toEqual(['A', 'B']);
  await expect(firstValueFrom(market.fail())).rejects.toThrow('x');
  const got: string[] = [];
  for await (const s of market.ticks('B')) {
    got.push(s);
    if (got.length === 3) break;
  }
  expect(got).toEqual(['B0', 'B1', 'B2']);
  await near.close();
});
