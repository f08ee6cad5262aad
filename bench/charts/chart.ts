import { type EChartsOption, init } from 'echarts';
import type { Result } from '../results.js';
import type { Figure, Workload } from '../workloads/workload.js';
import { FAINT_INK, INK, RULE } from './palette.js';

/** What a chart shows: a workload's figure, as all peers have it. */
export interface Subject {
  readonly workload: Workload;
  readonly figure: Figure;
  readonly results: readonly Result[];
  /** Small, below the picture. */
  readonly footnote: string;
}

export const FONT = "system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

export const WIDTH = 880;

/** Room above the picture, for the title. */
export const TOP = 84;

/** Room below it, for the footnote. */
export const BOTTOM = 34;

/** A chart's size and parts. */
export interface Layout {
  readonly height: number;
  /** Of the picture's parts, at its top. */
  readonly headings?: readonly { readonly text: string; readonly left: number }[];
}

/** Draws an opaque card, which can be read on light pages and on dark ones. */
export function draw(
  { workload, figure, footnote }: Subject,
  { height, headings = [] }: Layout,
  option: EChartsOption,
): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: FONT, color: INK },
    backgroundColor: '#ffffff',
    title: [
      {
        text: workload.title,
        subtext: `${figure.title}, ${figure.unit} — ${figure.better} is better`,
        left: 20,
        top: 16,
        padding: 0,
        textStyle: { fontSize: 17, fontWeight: 600, color: INK },
        subtextStyle: { fontSize: 13, color: FAINT_INK },
      },
      {
        text: footnote,
        left: 20,
        bottom: 10,
        padding: 0,
        textStyle: { fontSize: 11, fontWeight: 'normal', color: FAINT_INK },
      },
      ...headings.map(({ text, left }) => ({
        text,
        left,
        top: TOP,
        padding: 0,
        textStyle: { fontSize: 13, fontWeight: 600 as const, color: INK },
      })),
    ],
    graphic: [
      {
        type: 'rect',
        silent: true,
        shape: { x: 0.5, y: 0.5, width: WIDTH - 1, height: height - 1, r: 6 },
        style: { fill: 'none', stroke: RULE },
      },
    ],
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
