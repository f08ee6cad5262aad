/** What runs until it is closed. */
export interface Service {
  /** Fulfilled when it has been closed, rejected with what it failed with. */
  readonly closed: Promise<void>;
  /** Takes nothing new, and closes when what is open has finished. */
  close(): void;
  /** Ends everything at once. */
  destroy(): void;
}
