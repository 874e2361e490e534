import assert from 'node:assert/strict';
import { chmod, mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { candidates, firstProgram, onPath, type Surroundings } from '../src/locate';

const AROUND: Surroundings = {
  path: '',
  trusted: true,
  folders: ['/w'],
  interpreter: undefined,
  own: [],
  search: '/usr/bin:/w/node_modules/.bin:.:',
  home: '/home/me',
  windows: false,
};
const HOME = '/home/me/.local/bin/moa-lsp';

for (const [name, change, found] of [
  ['a path that was set leaves no others', { path: '/opt/moa' }, ['/opt/moa']],
  ['a trusted folder comes before the PATH', {}, ['/w/.venv/bin/moa-lsp', '/usr/bin/moa-lsp', '/w/node_modules/.bin/moa-lsp', HOME]],
  ['nothing in an untrusted folder is started', { trusted: false, interpreter: '/w/.venv/bin/python' }, ['/usr/bin/moa-lsp', HOME]],
  ['what the extension made comes before the PATH', { own: ['/s/bin/moa-lsp'], search: '/usr/bin' }, ['/w/.venv/bin/moa-lsp', '/s/bin/moa-lsp', '/usr/bin/moa-lsp', HOME]],
  ['the active interpreter comes first', { interpreter: '/envs/a/bin/python', folders: [], search: '' }, ['/envs/a/bin/moa-lsp', HOME]],
] as const) {
  test(name, () => {
    assert.deepEqual(candidates({ ...AROUND, ...change }), found);
  });
}

test('an untrusted folder that only begins like another does not count as inside', () => {
  const around = { ...AROUND, trusted: false, folders: ['/w'], search: '/ww/bin' };
  assert.ok(candidates(around).includes('/ww/bin/moa-lsp'));
});

test('only a file that may be started is a program', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'moa-'));
  try {
    await mkdir(join(folder, 'folder'));
    await writeFile(join(folder, 'text'), '');
    await writeFile(join(folder, 'uv'), '');
    await chmod(join(folder, 'uv'), 0o755);
    assert.equal(await firstProgram(['folder', 'text', 'none'].map((each) => join(folder, each))), undefined);
    assert.equal(await onPath('uv', { ...AROUND, search: folder }), join(folder, 'uv'));
    assert.equal(await onPath('pipx', { ...AROUND, search: folder, home: folder }), undefined);
  } finally {
    await rm(folder, { recursive: true });
  }
});
