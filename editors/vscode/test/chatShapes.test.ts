import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asMessage, asModels, callInput, tokens, toolChoice, type RequestMessage } from '../src/chatShapes';
import type { Mix } from '../src/wire';

const MIX: Mix = { name: 'open', description: 'Two propose.', ready: true, missing: [], selected: false, estimate_usd: 0.05 };
const USER = 1;
const ASSISTANT = 2;

test('only mixes that are ready are models, with their price', () => {
  const models = asModels([MIX, { ...MIX, name: 'other', ready: false, missing: ['KEY is not set'] }]);
  assert.deepEqual(models.map(({ id, detail, tooltip }) => [id, detail, tooltip]), [['open', 'ready · at most $0.0500 a run', 'Two propose.']]);
});

const CALL = { callId: 'c1', name: 'read', input: { path: 'a.py' } };
const MADE = { id: 'c1', type: 'function', function: { name: 'read', arguments: '{"path":"a.py"}' } };

for (const [name, message, expected] of [
  ['text', { role: USER, content: [{ value: 'a' }, { value: 'b' }] }, [{ role: 'user', content: 'ab' }]],
  ['an answer', { role: ASSISTANT, content: [{ value: 'a' }] }, [{ role: 'assistant', content: 'a' }]],
  ['a call', { role: ASSISTANT, content: [CALL] }, [{ role: 'assistant', content: '', tool_calls: [MADE] }]],
  [
    'a result, and text behind it',
    { role: USER, content: [{ callId: 'c1', content: [{ value: 'x = 1' }] }, { value: 'Go on.' }] },
    [{ role: 'tool', content: 'x = 1', tool_call_id: 'c1' }, { role: 'user', content: 'Go on.' }],
  ],
  ['a result alone', { role: USER, content: [{ callId: 'c1', content: [] }] }, [{ role: 'tool', content: '', tool_call_id: 'c1' }]],
  ['what is no text', { role: USER, content: [{ mimeType: 'image/png', data: new Uint8Array() }, null] }, [{ role: 'user', content: '' }]],
] as const) {
  test(`${name} becomes messages of a chat`, () => {
    assert.deepEqual(asMessage(message as RequestMessage), expected);
  });
}

test('arguments of a call are a JSON object, or the user is told', () => {
  assert.deepEqual(callInput({ id: 'c1', name: 'read', arguments: '{"a":1}' }), { a: 1 });
  assert.deepEqual(callInput({ id: 'c1', name: 'read', arguments: '' }), {});
  for (const written of ['{', '1', 'null']) {
    assert.throws(() => callInput({ id: 'c1', name: 'read', arguments: written }), /called read/);
  }
});

test('tokens are counted rather too high', () => {
  assert.equal(tokens('abcd'), 2);
  assert.equal(tokens(''), 0);
});

test('a tool is required where the editor requires one', () => {
  assert.equal(toolChoice(2), 'required');
  assert.equal(toolChoice(1), 'auto');
  assert.equal(toolChoice(undefined), 'auto');
});
