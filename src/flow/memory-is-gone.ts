/** What fails where bytes were kept by reference, and somebody has transferred their memory. */
export const memoryIsGone = (whose: string): TypeError =>
  new TypeError(`${whose} are gone: their memory was transferred`);
