/** How a peer looks, the same in all charts. */
export interface Look {
  readonly colour: string;
  /** Of a line. Some are wide, so that they can be seen where another lies on them. */
  readonly width: number;
  /** Lies on those that have less. */
  readonly level: number;
  readonly isStrong: boolean;
}

export const INK = '#1f2328';
export const FAINT_INK = '#59636e';
export const RULE = '#d8dee4';

const base = (colour: string, width: number): Look => ({ colour, width, level: 2, isStrong: false });
const rival = (colour: string): Look => ({ colour, width: 1.75, level: 3, isStrong: false });
const ours = (colour: string, width: number, level: number): Look => ({
  colour,
  width,
  level,
  isStrong: true,
});

const looks: ReadonlyMap<string, Look> = new Map(
  Object.entries({
    raw: base('#d0d7de', 7),
    'frame-stream': base('#8c959f', 3),
    http2: rival('#1a7f37'),
    multiplex: rival('#bf8700'),
    bpmux: rival('#cf222e'),
    yamux: rival('#8250df'),
    'nerdbank-streams': rival('#a0522d'),
    qmux: rival('#e85aad'),
    rxmux: ours('#0969da', 4.5, 4),
    'rxmux-duplex': ours('#54aeff', 2, 5),
    'rxmux-messages': ours('#0550ae', 2, 5),
    'rxmux-ws': ours('#0a3069', 2, 5),
    'rxmux-bpmux': ours('#80ccff', 2, 5),
    'rxmux-resume': ours('#218bff', 2, 5),
    'nats-raw': base('#d0d7de', 7),
    'nats-client': rival('#1a7f37'),
    'nats-carrier': ours('#54aeff', 2, 5),
    'nats-mux': ours('#0969da', 4.5, 4),
  }),
);

/** How a peer looks. */
export const lookOf = (peer: string): Look => looks.get(peer) ?? rival(INK);
