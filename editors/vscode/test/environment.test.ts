import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { clean, environments, folderFor, isNewEnough, isNewer, make, programIn, shipped, ways, type Execute, type Shipped } from '../src/environment';

const WHEEL: Shipped = { wheel: '/x/moa_lsp-1.2.0-py3-none-any.whl', pip: '/x/pip-25.whl', version: '1.2.0' };

/** A folder with what came with an extension, and one for its environments. */
async function place(work: (server: string, storage: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'moa-'));
  try {
    const server = join(folder, 'server');
    await mkdir(server);
    await writeFile(join(server, 'moa_lsp-1.2.0-py3-none-any.whl'), 'one');
    await work(server, join(folder, 'storage'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function brought(server: string): Promise<Shipped> {
  const found = await shipped(server);
  assert.ok(found);
  return found;
}

/** Commands that do as Python and pip: the environment's folder, then its programs. */
function machine(broken: readonly string[] = []): { said: string[]; execute: Execute } {
  const said: string[] = [];
  const execute: Execute = async (argv) => {
    said.push(argv.join(' '));
    const at = argv.indexOf('venv');
    if (broken.includes(argv[0] ?? '')) {
      throw new Error(`first line\n${argv[0] ?? ''} has no ensurepip`);
    }
    if (at !== -1) {
      await mkdir(dirname(programIn(argv.at(-1) ?? '', 'python', false)), { recursive: true });
    }
    return '';
  };
  return { said, execute };
}

test('what came with the extension is told from its installer', async () => {
  await place(async (server) => {
    await writeFile(join(server, 'pip-25.0-py3-none-any.whl'), '');
    const found = await shipped(server);
    assert.deepEqual(found, { wheel: join(server, 'moa_lsp-1.2.0-py3-none-any.whl'), pip: join(server, 'pip-25.0-py3-none-any.whl'), version: '1.2.0' });
    assert.equal(await shipped(join(server, 'none')), undefined);
  });
});

test('a Python without an installer gets the one that was brought', () => {
  assert.deepEqual(ways({ pythons: ['python3'], uv: undefined }, '/e', WHEEL, false), [
    [
      ['python3', '-m', 'venv', '--without-pip', '/e'],
      ['/e/bin/python', '/x/pip-25.whl/pip', 'install', '--disable-pip-version-check', '--no-input', '--no-index', '/x/pip-25.whl'],
      ['/e/bin/python', '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', WHEEL.wheel],
    ],
  ]);
});

test('another way is tried where one fails, and the environment counts once it is complete', async () => {
  await place(async (server, storage) => {
    const from = await brought(server);
    const { said, execute } = machine(['bad']);
    const program = await make(storage, from, { pythons: ['bad', 'good'], uv: 'uv' }, false, execute, () => undefined);
    const folder = await folderFor(storage, from);
    assert.equal(program, join(folder, 'bin', 'moa-lsp'));
    assert.deepEqual(await environments(storage), [folder]);
    assert.ok(!said.some((each) => each.startsWith('uv')));
    said.length = 0;
    assert.equal(await make(storage, from, { pythons: ['good'], uv: undefined }, false, execute, () => undefined), program);
    assert.deepEqual(said, []);
  });
});

test('one that was interrupted is made anew', async () => {
  await place(async (server, storage) => {
    const from = await brought(server);
    const folder = await folderFor(storage, from);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'half'), '');
    assert.deepEqual(await environments(storage), []);
    await make(storage, from, { pythons: ['good'], uv: undefined }, false, machine().execute, () => undefined);
    assert.ok(!(await readdir(folder)).includes('half'));
  });
});

test('where nothing can make one the last that tried says why, and nothing is left', async () => {
  await place(async (server, storage) => {
    const from = await brought(server);
    const tried = make(storage, from, { pythons: ['bad'], uv: undefined }, false, machine(['bad']).execute, () => undefined);
    await assert.rejects(tried, { message: 'bad has no ensurepip' });
    await assert.rejects(make(storage, from, { pythons: [], uv: undefined }, false, machine().execute, () => undefined), /no Python 3.11 or newer/);
    assert.deepEqual(await readdir(storage), []);
  });
});

test('another content of the same version has an environment of its own, and the old one goes', async () => {
  await place(async (server, storage) => {
    const from = await brought(server);
    const tools = { pythons: ['good'], uv: undefined };
    await make(storage, from, tools, false, machine().execute, () => undefined);
    await writeFile(from.wheel, 'two');
    await make(storage, from, tools, false, machine().execute, () => undefined);
    assert.equal((await environments(storage)).length, 2);
    const used = await folderFor(storage, from);
    await clean(storage, used);
    assert.deepEqual(await environments(storage), [used]);
  });
});

for (const [said, enough] of [
  ['Python 3.11.2', true],
  ['Python 3.14.0rc1\n', true],
  ['Python 3.9.2', false],
  ['Python 2.7.18', false],
  ['Python 4.0.0', true],
  ['', false],
] as const) {
  test(`${said.trim() || 'nothing'} is ${enough ? 'new' : 'not new'} enough`, () => {
    assert.equal(isNewEnough(said), enough);
  });
}

test('versions are compared by their numbers', () => {
  assert.ok(isNewer('0.10.0', '0.9.9'));
  assert.ok(isNewer('1.0.1', '1.0'));
  assert.ok(!isNewer('1.0', '1.0.0'));
  assert.ok(!isNewer('0.1.0', '0.2.0'));
});
