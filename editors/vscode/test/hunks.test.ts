import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hunkAt, hunkLabel, textIn, withHunks } from '../src/hunks';
import type { Hunk } from '../src/wire';

const at = (line: number, character: number): { line: number; character: number } => ({ line, character });
const hunk = (id: string, from: [number, number], to: [number, number], newText: string): Hunk => ({
  id,
  uri: 'file:///w/a.py',
  range: { start: at(...from), end: at(...to) },
  newText,
});

const TEXT = '𝒳 = 1\r\nb = 2\nc = 3\rd = 4';
const HUNKS = [hunk('second', [2, 0], [3, 0], ''), hunk('first', [0, 5], [1, 1], '1, 1\r\nx\r\nbb')];

for (const [taken, text] of [
  [[], TEXT],
  [['first'], '𝒳 = 1, 1\r\nx\r\nbb = 2\nc = 3\rd = 4'],
  [['second'], '𝒳 = 1\r\nb = 2\nd = 4'],
  [['first', 'second'], '𝒳 = 1, 1\r\nx\r\nbb = 2\nd = 4'],
] as const) {
  test(`taking ${taken.join(' and ') || 'nothing'} changes that and nothing else`, () => {
    assert.equal(withHunks(TEXT, HUNKS, new Set<Hunk['id']>(taken)).text, text);
  });
}

test('a hunk is found at its lines, on both sides, and the nearest above between two', () => {
  const { places } = withHunks(TEXT, HUNKS, new Set<Hunk['id']>(['first']));
  assert.deepEqual(
    [0, 1, 2].map((line) => hunkAt(places, 'before', line)),
    ['first', 'first', 'second'],
  );
  assert.deepEqual(
    [0, 2, 3, 9].map((line) => hunkAt(places, 'after', line)),
    ['first', 'first', 'second', 'second'],
  );
  assert.equal(hunkAt([], 'after', 0), undefined);
});

test('places beyond the text are clamped to it', () => {
  const range = { start: at(0, 4), end: at(0, 99) };
  assert.equal(textIn(TEXT, range), ' 1');
  assert.equal(textIn(TEXT, { start: at(3, 0), end: at(9, 9) }), 'd = 4');
});

test('an insertion at the end of a text without a line end goes in there', () => {
  const added = hunk('end', [3, 5], [3, 5], '\ne = 5');
  assert.equal(withHunks(TEXT, [added], new Set<Hunk['id']>(['end'])).text, `${TEXT}\ne = 5`);
});

test('a hunk is called by its line and what it does', () => {
  assert.equal(hunkLabel(TEXT, hunk('x', [1, 0], [3, 0], 'n\n')), 'line 2: −2 +1');
});
