/** The services that there are: each sends back what it gets, byte by byte, as its function says. */
export const TRANSFORMS: Readonly<Record<string, (byte: number) => number>> = {
  echo: (byte) => byte,
  invert: (byte) => byte ^ 0xff,
  next: (byte) => (byte + 1) & 0xff,
};

export const SERVICES: readonly string[] = Object.keys(TRANSFORMS);
