import { take } from 'rxjs';
import { DemandSubject } from '../../src/reactive/demand-subject.js';

describe('DemandSubject', () => {
  it('tells of each subscription, when the subscriber is there', () => {
    const observed: boolean[] = [];
    const subject$ = new DemandSubject<number>({
      onDemand: () => observed.push(subject$.observed),
    });
    subject$.subscribe();
    expect(observed).toEqual([true]);
    subject$.subscribe();
    expect(observed).toEqual([true, true]);
  });

  it('tells when somebody comes after the last has gone', () => {
    const onDemand = jest.fn();
    const subject$ = new DemandSubject({ onDemand });
    subject$.subscribe().unsubscribe();
    expect(onDemand).toHaveBeenCalledTimes(1);
    expect(subject$.observed).toBe(false);
    subject$.subscribe();
    expect(onDemand).toHaveBeenCalledTimes(2);
  });

  it('tells of subscriptions through operators', () => {
    const onDemand = jest.fn();
    new DemandSubject({ onDemand }).pipe(take(1)).subscribe();
    expect(onDemand).toHaveBeenCalledTimes(1);
  });

  it('does not tell of a subscriber who wants nothing', () => {
    const onDemand = jest.fn();
    new DemandSubject({ onDemand }).pipe(take(0)).subscribe();
    expect(onDemand).not.toHaveBeenCalled();
  });

  it('does not tell of subscriptions after its end', () => {
    const onDemand = jest.fn();
    const completed$ = new DemandSubject({ onDemand });
    completed$.complete();
    completed$.subscribe();
    const failed$ = new DemandSubject({ onDemand });
    failed$.error(new Error('of the owner'));
    failed$.subscribe({ error: () => undefined });
    expect(onDemand).not.toHaveBeenCalled();
  });

  it('gives the subscriber what its owner emits at once', () => {
    const subject$ = new DemandSubject<string>({
      onDemand: () => {
        subject$.next('at once');
      },
    });
    const values: string[] = [];
    subject$.subscribe((value) => values.push(value));
    expect(values).toEqual(['at once']);
  });

  it('takes observers and functions as any Subject does', () => {
    const subject$ = new DemandSubject<number>({ onDemand: () => undefined });
    const seen: unknown[] = [];
    subject$.subscribe({ next: (value) => seen.push(`observer ${value}`) });
    subject$.subscribe((value) => seen.push(`function ${value}`));
    subject$.subscribe({
      error: (error: unknown) => seen.push(error),
      complete: () => seen.push('complete'),
    });
    subject$.next(1);
    subject$.complete();
    expect(seen).toEqual(['observer 1', 'function 1', 'complete']);
  });

  it('hands errors to its subscribers', () => {
    const subject$ = new DemandSubject<number>({ onDemand: () => undefined });
    const seen: unknown[] = [];
    subject$.subscribe({ error: (error: unknown) => seen.push(error) });
    const error = new Error('of the owner');
    subject$.error(error);
    expect(seen).toEqual([error]);
  });

  it('goes on where somebody calls unsubscribe() on it', () => {
    const subject$ = new DemandSubject<number>({ onDemand: () => undefined });
    const seen: unknown[] = [];
    subject$.subscribe((value) => seen.push(value));
    subject$.unsubscribe(); // eslint-disable-line rxjs-x/no-subject-unsubscribe -- the mistake
    subject$.next(1);
    subject$.subscribe((value) => seen.push(value));
    subject$.next(2);
    expect(seen).toEqual([1, 2, 2]);
  });
});
