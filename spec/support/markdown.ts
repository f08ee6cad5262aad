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
