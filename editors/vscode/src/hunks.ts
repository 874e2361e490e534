/** An edit of several parts, of which some are taken; knows nothing of the editor. */
import type { Hunk, Position, Range } from './wire';

/** One hunk where it stands in the two sides of a diff; lines count from 0. */
export interface Place {
  readonly id: Hunk['id'];
  /** Lines of the text as it is, from `line` on. */
  readonly before: { readonly line: number; readonly count: number };
  /** Lines of the text as it would be; those of the old text where the hunk is left out. */
  readonly after: { readonly line: number; readonly count: number };
}

/** Where each line of a text begins, by the line ends of the protocol: LF, CRLF, CR. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (const end of text.matchAll(/\r\n|\r|\n/g)) {
    starts.push(end.index + end[0].length);
  }
  return starts;
}

/** The offset of a position, clamped to the text; characters are UTF-16 code units. */
export function offsetAt(text: string, starts: readonly number[], { line, character }: Position): number {
  const start = starts[line];
  if (start === undefined) {
    return text.length;
  }
  const next = starts[line + 1] ?? text.length;
  const end = next - (/(\r\n|\r|\n)$/.exec(text.slice(start, next))?.[0].length ?? 0);
  return Math.min(start + character, end);
}

/** The text of a range. */
export function textIn(text: string, range: Range): string {
  const starts = lineStarts(text);
  return text.slice(offsetAt(text, starts, range.start), offsetAt(text, starts, range.end));
}

/** A text with some hunks of an edit in it, and where all of them stand. Hunks do not overlap. */
export function withHunks(text: string, hunks: readonly Hunk[], taken: ReadonlySet<Hunk['id']>): { text: string; places: Place[] } {
  const starts = lineStarts(text);
  const found = hunks
    .map((hunk) => ({ hunk, start: offsetAt(text, starts, hunk.range.start), end: offsetAt(text, starts, hunk.range.end) }))
    .sort((a, b) => a.start - b.start || a.end - b.end);
  let made = '';
  let from = 0;
  const places: Place[] = [];
  for (const { hunk, start, end } of found) {
    made += text.slice(from, start);
    const old = text.slice(start, end);
    const put = taken.has(hunk.id) ? hunk.newText : old;
    places.push({
      id: hunk.id,
      before: { line: hunk.range.start.line, count: lineStarts(old).length },
      after: { line: lineStarts(made).length - 1, count: lineStarts(put).length },
    });
    made += put;
    from = end;
  }
  return { text: made + text.slice(from), places };
}

/** The hunk at a line of one side, else the nearest one above, else the first. */
export function hunkAt(places: readonly Place[], side: 'before' | 'after', line: number): Hunk['id'] | undefined {
  const at = places.find((place) => line >= place[side].line && line < place[side].line + place[side].count);
  return (at ?? places.findLast((place) => place[side].line <= line) ?? places[0])?.id;
}

/** What a hunk does, in one line: `line 4: −2 +1`. */
export function hunkLabel(text: string, hunk: Hunk): string {
  const count = (part: string): number => (part === '' ? 0 : lineStarts(part.replace(/(\r\n|\r|\n)$/, '')).length);
  return `line ${hunk.range.start.line + 1}: −${count(textIn(text, hunk.range))} +${count(hunk.newText)}`;
}
