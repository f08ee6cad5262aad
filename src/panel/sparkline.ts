import type { Colours } from './colours.js';
import { make } from './make.js';

const [WIDTH, HEIGHT] = [88, 20];

/** The rates of a channel as two small lines. */
export class Sparkline {
  readonly element = make('canvas', 'spark');
  readonly #context = this.element.getContext('2d');
  #isEmpty = true;
  #scale = 0;

  show(ins: readonly number[], outs: readonly number[], colours: Colours): void {
    const context = this.#context;
    const top = Math.max(...ins, ...outs, 0);
    if (context === null || (top === 0 && this.#isEmpty)) {
      return;
    }
    this.#fit(context);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    this.#isEmpty = top === 0;
    if (top > 0) {
      line(context, outs, top, colours.out);
      line(context, ins, top, colours.in);
    }
  }

  #fit(context: CanvasRenderingContext2D): void {
    if (this.#scale !== devicePixelRatio) {
      this.#scale = devicePixelRatio;
      this.element.width = WIDTH * this.#scale;
      this.element.height = HEIGHT * this.#scale;
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
  colour: string,
): void {
  if (values.every((value) => value === 0)) {
    return;
  }
  const step = WIDTH / 31;
  const x = (index: number): number => WIDTH - (values.length - 1 - index) * step;
  context.beginPath();
  values.forEach((value, index) => {
    context.lineTo(x(index), HEIGHT - 1.5 - (value / top) * (HEIGHT - 3));
  });
  context.strokeStyle = colour;
  context.stroke();
  context.lineTo(WIDTH, HEIGHT);
  context.lineTo(x(0), HEIGHT);
  context.closePath();
  context.fillStyle = colour;
  context.globalAlpha = 0.12;
  context.fill();
  context.globalAlpha = 1;
}
