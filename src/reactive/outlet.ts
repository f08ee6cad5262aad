import { Observable, type Subscriber } from 'rxjs';

/** Where one subscriber gets values from. A Subject does the same for many, at three times the cost of each value. */
export class Outlet<T> {
  #subscriber: Subscriber<T> | undefined;

  /** What is given to {@link next} from the subscription on. The last who subscribes gets it. */
  readonly values$ = new Observable<T>((subscriber) => {
    this.#subscriber = subscriber;
  });

  /** Emits `value`, where there is a subscriber. */
  next(value: T): void {
    this.#subscriber?.next(value);
  }
}
