import type { Row } from '../inspector/picture.js';
import type { Colours } from './colours.js';
import { make } from './make.js';

/** Pixels: the style has the same. */
const [WIDTH, HEIGHT] = [88, 20];

/**
 * The rates of channels as two small lines each, in the column that the style gives them.
 *
 * On one canvas for all rows: a browser makes a layer of its own of each, and a table has dozens of rows.
 */
export class Sparklines {
  readonly #canvas = make('canvas');
  readonly element = make('div', 'sparks', this.#canvas);
  readonly #context = this.#canvas.getContext('2d');
  readonly #rowHeight: number;
  #scale = 0;
  #count = 0;

  /** @param rowHeight - pixels */
  constructor(rowHeight: number) {
    this.#rowHeight = rowHeight;
    this.element.setAttribute('aria-hidden', 'true');
  }

  /** @param from - the place of the first among all rows */
  show(rows: readonly Row[], from: number, colours: Colours): void {
    const context = this.#context;
    if (context === null) {
      return;
    }
    this.element.style.transform = `translateY(${from * this.#rowHeight}px)`;
    this.#fit(context, rows.length);
    context.clearRect(0, 0, WIDTH, rows.length * this.#rowHeight);
    rows.forEach(({ ratesIn, ratesOut }, index) => {
      const top = Math.max(...ratesIn, ...ratesOut, 0);
      const bottom = index * this.#rowHeight + (this.#rowHeight + HEIGHT) / 2;
      line(context, ratesOut, top, bottom, colours.out);
      line(context, ratesIn, top, bottom, colours.in);
    });
  }

  #fit(context: CanvasRenderingContext2D, count: number): void {
    if (this.#scale !== devicePixelRatio || this.#count !== count) {
      this.#scale = devicePixelRatio;
      this.#count = count;
      const height = count * this.#rowHeight;
      this.#canvas.style.height = `${height}px`;
      this.#canvas.width = WIDTH * this.#scale;
      this.#canvas.height = height * this.#scale;
      context.scale(this.#scale, this.#scale);
      context.lineWidth = 1.25;
      context.lineJoin = 'round';
    }
  }
}

/** The newest value is at the right, however few there are. */
function line(
  context: CanvasRenderingContext2D,
  values: readonly number[],
  top: number,
  bottom: number,
  colour: string,
): void {
  if (values.every((value) => value === 0)) {
    return;
  }
  const step = WIDTH / 31;
  const x = (index: number): number => WIDTH - (values.length - 1 - index) * step;
  context.beginPath();
  values.forEach((value, index) => {
    context.lineTo(x(index), bottom - 1.5 - (value / top) * (HEIGHT - 3));
  });
  context.strokeStyle = colour;
  context.stroke();
  context.lineTo(WIDTH, bottom);
  context.lineTo(x(0), bottom);
  context.closePath();
  context.fillStyle = colour;
  context.globalAlpha = 0.12;
  context.fill();
  context.globalAlpha = 1;
}
