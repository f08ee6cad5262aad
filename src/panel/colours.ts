/** Colours for what is drawn: those of the style, as they are now. */
export interface Colours {
  readonly in: string;
  readonly out: string;
  readonly credit: string;
  readonly queue: string;
  readonly flight: string;
  readonly unread: string;
  readonly muted: string;
  readonly line: string;
}

export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    in: colour('in'),
    out: colour('out'),
    credit: colour('credit'),
    queue: colour('queue'),
    flight: colour('flight'),
    unread: colour('unread'),
    muted: colour('muted'),
    line: colour('line'),
  };
}
