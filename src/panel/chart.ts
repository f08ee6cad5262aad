import uPlot from 'uplot';
import { Points } from '../inspector/points.js';
import { bytesText } from '../inspector/words.js';
import type { Colours } from './colours.js';
import { make } from './make.js';
import { putText } from './put-text.js';

/** A line of a chart. */
export interface Line {
  readonly label: string;
  readonly colour: keyof Colours;
  /** Whether the area below is filled. */
  readonly isFilled?: boolean;
}

/** What a chart is. */
export interface ChartOptions {
  readonly lines: readonly Line[];
  readonly height: number;
  /** What stands behind a value: `'/s'`. */
  readonly unit?: string;
}

/** Seconds that a chart may show. */
const SPANS = [10, 20, 30, 60, 120, 300, 600, 1800, 3600];

/** Bytes over time, to the present at the right. */
export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #plot = make('div', 'plot');
  readonly #values: readonly HTMLElement[];
  readonly #resize: ResizeObserver;
  readonly #points: Points;
  /** Pixels, as the browser has told last: to ask it each time would make it arrange the page anew. */
  #width = 0;
  /** The one in which the chart will fit again, as `requestAnimationFrame` calls it. */
  #frame = 0;
  #chart: uPlot | undefined;
  #colours: Colours | undefined;

  constructor(options: ChartOptions) {
    this.#options = options;
    this.#points = new Points(options.lines.length);
    this.#values = options.lines.map(() => make('b'));
    const legend = options.lines.map(({ label, colour }, index) =>
      make('span', `key ${colour}`, label, this.#values[index] ?? ''),
    );
    this.element = make('div', 'chart', make('div', 'legend', ...legend), this.#plot);
    // Not at once: what changes sizes while the browser tells of them is an error of the page ("ResizeObserver loop").
    this.#resize = new ResizeObserver(() => {
      this.#frame = requestAnimationFrame(() => {
        this.#fit();
      });
    });
    this.#resize.observe(this.#plot);
  }

  /** Forgets what was. */
  clear(): void {
    this.#points.clear();
  }

  /**
   * One more point, unless it is of the moment of the last.
   *
   * @param at - ms since 1970
   * @param values - one for each line
   */
  add(at: number, values: readonly number[]): void {
    this.#points.add(at, values);
  }

  draw(colours: Colours): void {
    if (colours !== this.#colours) {
      this.#colours = colours;
      this.#chart?.destroy();
      this.#chart = undefined;
    }
    if (this.#width === 0) {
      return; // it is not seen
    }
    this.#chart ??= this.#make(colours);
    this.#chart.setData(this.#points.columns as uPlot.AlignedData);
    this.#tell(undefined);
  }

  destroy(): void {
    this.#resize.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#chart?.destroy();
  }

  #fit(): void {
    this.#width = this.#plot.clientWidth;
    this.#chart?.setSize({ width: this.#width, height: this.#options.height });
    if (this.#colours !== undefined) {
      this.draw(this.#colours);
    }
  }

  /** The values at a point, or else the newest. */
  #tell(index: number | null | undefined): void {
    this.#values.forEach((element, line) => {
      const value = this.#points.columns[line + 1]?.at(index ?? -1) ?? 0;
      putText(element, `${bytesText(value)}${this.#options.unit ?? ''}`);
    });
  }

  #make(colours: Colours): uPlot {
    const font = '11px system-ui, sans-serif';
    const axis = { stroke: colours.muted, font, ticks: { show: false } };
    return new uPlot(
      {
        width: this.#width,
        height: this.#options.height,
        padding: [6, 8, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { size: 5 } },
        hooks: {
          setCursor: [
            ({ cursor }) => {
              this.#tell(cursor.idx);
            },
          ],
        },
        scales: {
          x: { time: false, range: (_plot, min, max) => [max - spanOf(max - min), max] },
          y: { range: (_plot, _min, max) => [0, Math.max(1024, max * 1.08)] },
        },
        axes: [
          {
            ...axis,
            size: 20,
            gap: 2,
            grid: { show: false },
            splits: (_plot, _index, min, max) => [3, 2, 1].map((part) => max - (max - min) * part * 0.3),
            values: (plot, splits) =>
              splits.map((split) => agoText((plot.scales['x']?.max ?? split) - split)),
          },
          {
            ...axis,
            size: 58,
            gap: 4,
            space: 26,
            grid: { stroke: colours.line, width: 1 },
            incrs: Array.from({ length: 44 }, (_, power) => 2 ** power),
            values: (_plot, splits) => splits.map((split) => (split === 0 ? '0' : bytesText(split))),
          },
        ],
        series: [
          {},
          ...this.#options.lines.map(({ colour, isFilled = false }) => ({
            stroke: colours[colour],
            width: 1.5,
            points: { show: false },
            ...(isFilled ? { fill: `color-mix(in srgb, ${colours[colour]} 14%, transparent)` } : {}),
          })),
        ],
      },
      this.#points.columns as uPlot.AlignedData,
      this.#plot,
    );
  }
}

const spanOf = (seconds: number): number => SPANS.find((span) => span >= seconds) ?? seconds;

function agoText(seconds: number): string {
  return seconds < 100
    ? `−${Math.round(seconds)} s`
    : `−${(seconds / 60).toFixed(seconds < 600 ? 1 : 0)} min`;
}
