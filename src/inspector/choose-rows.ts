import type { ChannelWatch } from './channel-watch.js';
import type { Request, SortKey } from './request.js';
import { isStuck } from './wait.js';

/** ms of waiting that are nothing: else rows of busy channels would change places all the time. */
const A_MOMENT = 250;

const VALUES: Readonly<Record<Exclude<SortKey, 'label'>, (channel: ChannelWatch) => number>> = {
  waits: ({ wait }) => (wait === undefined || wait.ms < A_MOMENT ? 0 : wait.ms),
  in: ({ rateIn }) => rateIn,
  out: ({ rateOut }) => rateOut,
  window: ({ window }) => window,
  queue: ({ queue }) => queue,
  unread: ({ unread }) => unread,
};

/** Labels with numbers in them in the order of these. */
const collator = new Intl.Collator('en', { numeric: true });

/** The channels that are wanted, in the order that is wanted. Where two are alike, the one that was there first is first. */
export function chooseRows(
  channels: Iterable<ChannelWatch>,
  { filter, mux, sort, descending }: Pick<Request, 'filter' | 'mux' | 'sort' | 'descending'>,
): ChannelWatch[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen: ChannelWatch[] = [];
  for (const channel of channels) {
    if ((mux === undefined || mux === channel.mux.key) && has(channel, words)) {
      chosen.push(channel);
    }
  }
  const sign = descending ? -1 : 1;
  if (sort === 'label') {
    return chosen.sort((a, b) => sign * collator.compare(a.label, b.label) || a.key - b.key);
  }
  const value = VALUES[sort];
  return chosen.sort((a, b) => sign * (value(a) - value(b)) || a.key - b.key);
}

function has({ label, mux, stats, wait }: ChannelWatch, words: readonly string[]): boolean {
  if (words.length === 0) {
    return true;
  }
  const { id, openedBy, states } = stats;
  const said = [label, `#${id}`, mux.name, openedBy, states.inbound, states.outbound];
  said.push(wait?.for ?? '', isStuck(wait) ? 'stuck' : '');
  const text = said.join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}
