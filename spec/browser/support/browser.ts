/** A browser, as the tests drive it: whichever it is. */
export interface Browser {
  /** Its name and version. */
  readonly version: string;
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

/** One of its pages. */
export interface Page {
  /** Fulfilled when the page has been loaded. */
  goto(url: string): Promise<void>;
  /**
   * @param expression - JavaScript
   * @returns what it comes to, or what its promise is fulfilled with, as far as JSON can say it
   */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}
