import type { Observable } from 'rxjs';

/** A value of a feed. */
export interface Point {
  readonly value: number;
  /** How many values the feed has given. */
  readonly count: number;
}

/** What server and page know of each other. */
export interface Feeds {
  names(): Promise<string[]>;
  feed(name: string): Observable<Point>;
}
