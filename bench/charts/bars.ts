import type { EChartsOption } from 'echarts';
import { compare, inTimes } from '../comparisons.js';
import { inWords, type Result, valueOf } from '../results.js';
import { BOTTOM, draw, type Subject, TOP, WIDTH } from './chart.js';
import { FAINT_INK, INK, lookOf } from './palette.js';

const LEFT = 140;
const RIGHT = 30;
const BETWEEN = 40;
const PER_BAR = 26;

/** Panels whose largest values differ more have a scale each. */
const COMPARABLE = 4;

/** A panel of bars for each value of the parameter, side by side, with a bar for each peer. */
export function bars(subject: Subject): string {
  const { workload, figure, results } = subject;
  const values = [...new Set(results.map(({ value }) => value))].sort((a, b) => a - b);
  const peers = [...new Set(results.map(({ peer }) => peer))];
  const resultOf = (peer: string, value: number) =>
    results.find((one) => one.peer === peer && one.value === value);
  const panelWidth = (WIDTH - LEFT - RIGHT - BETWEEN * (values.length - 1)) / values.length;
  const panelLeft = (index: number) => LEFT + index * (panelWidth + BETWEEN);
  const largest = values.map((value) =>
    Math.max(...peers.map((peer) => valueOf(resultOf(peer, value)?.median, figure.name) ?? 0)),
  );
  const areComparable = Math.max(...largest) < COMPARABLE * Math.min(...largest);
  const height = TOP + 26 + peers.length * PER_BAR + BOTTOM;

  const hint = areComparable || values.length === 1 ? '' : ' (scale of its own)';
  const headings = values.map((value, index) => ({
    text: workload.parameter.label(value) + hint,
    left: panelLeft(index),
  }));

  const option: EChartsOption = {
    grid: values.map((_, index) => ({
      left: panelLeft(index),
      width: panelWidth,
      top: TOP + 22,
      height: peers.length * PER_BAR,
    })),
    xAxis: values.map((_, index) => ({
      gridIndex: index,
      type: 'value',
      // The label of the longest bar needs room.
      max: 1.4 * (areComparable ? Math.max(...largest) : (largest[index] ?? 1)),
      axisLabel: { show: false },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { show: false },
    })),
    yAxis: values.map((_, index) => ({
      gridIndex: index,
      type: 'category',
      inverse: true,
      data: peers.map((peer) => ({
        value: peer,
        textStyle: { fontWeight: lookOf(peer).isStrong ? 600 : 'normal' },
      })),
      axisLabel: { show: index === 0, fontSize: 13, color: INK },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: FAINT_INK } },
    })),
    series: values.map((value, index) => ({
      type: 'bar',
      xAxisIndex: index,
      yAxisIndex: index,
      barWidth: 16,
      data: peers.map((peer) => {
        const result = resultOf(peer, value);
        const number = valueOf(result?.median, figure.name);
        return {
          value: number ?? 0,
          itemStyle: { color: lookOf(peer).colour, borderRadius: [0, 2, 2, 0] },
          label: {
            show: true,
            position: 'right',
            fontSize: 12,
            fontWeight: lookOf(peer).isStrong ? 600 : 'normal',
            color: number === undefined ? FAINT_INK : INK,
            formatter: result === undefined ? 'has no channels' : label(subject, result),
          },
        };
      }),
    })),
  };
  return draw(subject, { height, headings }, option);
}

/** The figure; where it is set in relation to the peer's own first one, that ratio, too. */
function label({ workload, figure, results }: Subject, result: Result): string {
  const comparedWith = figure.comparedWith.filter((other) => other === 'itself');
  const ratios = compare(workload, { ...figure, comparedWith }, result, results);
  return [inWords(result.median, figure.name), ...ratios.map(({ times }) => `(${inTimes(times)} ×)`)].join(
    ' ',
  );
}
