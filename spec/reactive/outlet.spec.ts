import { Outlet } from '../../src/reactive/outlet.js';
import { listen } from '../support/listen.js';

describe('Outlet', () => {
  it('emits what it is given while there is a subscriber', () => {
    const outlet = new Outlet<number>();
    outlet.next(1);
    const seen: number[] = [];
    const subscription = outlet.values$.subscribe((value) => seen.push(value));
    outlet.next(2);
    outlet.next(3);
    subscription.unsubscribe();
    outlet.next(4);
    expect(seen).toEqual([2, 3]);
  });

  it('gives everything to who subscribed last', () => {
    const outlet = new Outlet<number>();
    const first = listen(outlet.values$);
    const last = listen(outlet.values$);
    outlet.next(1);
    expect([first, last]).toEqual([[], [1]]);
  });
});
