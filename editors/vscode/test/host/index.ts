/** What the editor runs in its extension host beside the installed extension. */
import { rename, writeFile } from 'node:fs/promises';
import { runAll } from './case';
import './cases';

/** Run the cases, and write what became of them to the file that the environment names. */
export async function run(): Promise<void> {
  const path = process.env.MOA_TEST_TOLD;
  if (path === undefined) {
    throw new Error('MOA_TEST_TOLD names no file');
  }
  await writeFile(`${path}.part`, JSON.stringify(await runAll()));
  await rename(`${path}.part`, path); // whole, once it is there
}
