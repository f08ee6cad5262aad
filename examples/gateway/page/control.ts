import type { Observable } from 'rxjs';

/** A process of the demonstration, as the page shows it. */
export interface Part {
  /** As `gateway 1`. */
  readonly name: string;
  readonly pid: number;
  readonly isRunning: boolean;
  /** Sessions over NATS that it has had as an instance. */
  readonly sessions: number;
}

/** What the page asks the server that it came from: of the gateways it knows no more than their addresses. */
export interface Control {
  gateways(): Promise<string[]>;
  /** All processes, again whenever one has changed. */
  parts(): Observable<Part[]>;
  kill(name: string): Promise<void>;
}
