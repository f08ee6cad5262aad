import type { EChartsOption } from 'echarts';
import { format } from '../format.js';
import { type Result, valueOf } from '../results.js';
import { BOTTOM, draw, type Subject, TOP } from './chart.js';
import { FAINT_INK, INK, lookOf, RULE } from './palette.js';

const HEIGHT = 460;

/** A line for each peer, against the values of the parameter. */
export function lines(subject: Subject): string {
  const { workload, figure, results } = subject;
  const { parameter } = workload;
  const values = [...new Set(results.map(({ value }) => value))].sort((a, b) => a - b);
  const peers = [...new Set(results.map(({ peer }) => peer))];
  const [first = 1, last = 1] = [values[0], values.at(-1)];
  const point = ({ value, median }: Result): [number, number][] => {
    const number = valueOf(median, figure.name);
    return number === undefined || number === 0 ? [] : [[value, number]];
  };

  const option: EChartsOption = {
    grid: { left: 70, right: 190, top: TOP + 6, bottom: BOTTOM + 46 },
    legend: {
      type: 'plain',
      orient: 'vertical',
      right: 20,
      top: TOP,
      itemGap: 12,
      textStyle: { fontSize: 13, color: INK },
      data: peers,
    },
    xAxis: {
      type: 'log',
      min: first,
      max: last,
      name: parameter.name,
      nameLocation: 'middle',
      nameGap: 32,
      nameTextStyle: { color: FAINT_INK, fontSize: 13 },
      axisLabel: {
        customValues: [...values],
        formatter: parameter.label,
        color: INK,
      },
      axisTick: { customValues: [...values] },
      axisLine: { lineStyle: { color: FAINT_INK } },
      splitLine: { show: false },
    },
    yAxis: {
      type: figure.scale === undefined ? 'value' : 'log',
      ...(figure.most !== undefined && { max: figure.most }),
      axisLabel: { color: INK, formatter: format },
      splitLine: { lineStyle: { color: RULE } },
    },
    series: peers.map((peer) => {
      const { colour, width, level } = lookOf(peer);
      const ofPeer = results.filter((result) => result.peer === peer);
      const points = ofPeer.flatMap(point);
      const height = points[0]?.[1] ?? 0;
      const isConstant = ofPeer.length === 1;
      return {
        name: peer,
        type: 'line',
        // Without channels there is one number, which is the measure for all.
        data: isConstant ? [first, last].map((value) => [value, height]) : points,
        color: colour,
        symbol: isConstant ? 'none' : 'circle',
        symbolSize: width + 3,
        lineStyle: { width },
        z: level,
      };
    }),
  };
  return draw(subject, { height: HEIGHT }, option);
}
