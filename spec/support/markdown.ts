/** A fenced block of a Markdown text. */
export interface Block {
  readonly language: string;
  readonly code: string;
  /** The line of the text that its code starts at. */
  readonly line: number;
}

/** The fenced blocks of a Markdown text. */
export function blocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)[^\n]*\n([^]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    code: match[2] ?? '',
    line: markdown.slice(0, match.index).split('\n').length + 1,
  }));
}

/** Where the links and images of a Markdown text point to. */
export function links(markdown: string): string[] {
  return [
    ...withoutBlocks(markdown).matchAll(/\]\(([^)\s]+)|^\[[^\]]+\]: (\S+)|\b(?:src|href)="([^"]+)"/gm),
  ].map(([, link, definition, attribute]) => link ?? definition ?? attribute ?? '');
}

/** The names by which links reach the headings of a Markdown text, as GitHub makes them. */
export function anchors(markdown: string): string[] {
  const seen = new Map<string, number>();
  return [...withoutBlocks(markdown).matchAll(/^#+ +(.*?) *$/gm)].map(([, heading = '']) => {
    const name = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before === 0 ? name : `${name}-${before}`;
  });
}

const withoutBlocks = (markdown: string): string => markdown.replaceAll(/^```[^]*?^```$/gm, '');
