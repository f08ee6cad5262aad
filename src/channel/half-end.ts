/** How a channel's half ends for the application: well, or, where `error` is there, with that error. */
export interface HalfEnd {
  readonly error?: unknown;
}
