/** The colour of every peer, the same in all charts: strong for rxmux, grey for what has no channels. */
const colours: Readonly<Record<string, string>> = {
  raw: '#8c959f',
  'frame-stream': '#c0c7cf',
  http2: '#1a7f37',
  multiplex: '#bf8700',
  bpmux: '#cf222e',
  yamux: '#8250df',
  'nerdbank-streams': '#a0522d',
  rxmux: '#0969da',
  'rxmux-duplex': '#54aeff',
};

export const INK = '#1f2328';
export const FAINT_INK = '#59636e';
export const RULE = '#d8dee4';

export const colourOf = (peer: string): string => colours[peer] ?? INK;

export const isOurs = (peer: string): boolean => peer.startsWith('rxmux');
