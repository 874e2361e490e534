/** Finds the server program; where there is none, makes an environment of the extension's own for it. */
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { clean, environments, folderFor, isNewEnough, isNewer, make, programIn, pythonNames, shipped, type Execute, type Tools } from './environment';
import { allOnPath, candidates, firstProgram, isProgram, onPath, type Surroundings } from './locate';

const WINDOWS = process.platform === 'win32';

const PROBE_MS = 20_000;

/** For one command of an installation: libraries come over slow lines, too. */
const STEP_MS = 600_000;

/** Kept across restarts of the editor: an installation has begun, or an update was declined. */
const BEGUN = 'moa.installing';
const DECLINED = 'moa.declinedUpdate';

/** A message for the user: what is wrong with the program, and what to do. */
export class NoServer extends Error {
  constructor(
    message: string,
    readonly missing: boolean,
  ) {
    super(message);
  }
}

/** The server of one user: what came with the extension, and the folder that is the extension's own. */
export class Installation {
  private readonly storage: string;
  private at: Promise<boolean> | undefined;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.storage = context.globalStorageUri.fsPath;
  }

  /**
   * The path of the server.
   *
   * @throws NoServer there is none, or what stands there is something else.
   */
  async find(): Promise<string> {
    const around = await this.surroundings();
    if (around.path !== '' && !(await isProgram(around.path))) {
      throw new NoServer(`moa.server.path names no program: ${around.path}`, false);
    }
    const path = await firstProgram(candidates(around));
    if (path === undefined) {
      const trust = around.trusted ? '' : ' Environments of a folder count once you trust it.';
      throw new NoServer(`the server moa-lsp is not installed yet.${trust}`, true);
    }
    const version = await probe(path);
    if (version === undefined) {
      const own = around.own.includes(path); // its Python has gone, say
      throw new NoServer(`${path} is not moa-lsp, or it does not start.`, own);
    }
    this.log.info(`server: ${path}, ${version}`);
    if (around.path === '') {
      void this.offerUpdate(path, version);
    }
    return path;
  }

  /** Whether an installation was cut off, as by the restart that follows trust. */
  get cutOff(): boolean {
    return this.context.globalState.get(BEGUN, false);
  }

  /** Install what came with the extension, with progress; true when it can be started. One at a time. */
  install(): Promise<boolean> {
    this.at ??= this.begin().finally(() => {
      this.at = undefined;
    });
    return this.at;
  }

  private async begin(): Promise<boolean> {
    const from = await shipped(join(this.context.extensionPath, 'dist', 'server'));
    if (from === undefined) {
      void vscode.window.showErrorMessage('Moa: no server came with this extension. Install moa-lsp by hand, and restart the server.');
      return false;
    }
    await this.context.globalState.update(BEGUN, true);
    try {
      const tools = await this.tools();
      const program = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: 'Moa: installing the server', cancellable: false },
        (progress) =>
          make(this.storage, from, tools, WINDOWS, this.execute, (message) => {
            progress.report({ message });
          }),
      );
      this.log.info(`installed: ${program}`);
      return true;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.log.error(`installation: ${why}`);
      void complain(new NoServer(`the server could not be installed: ${why}`, true));
      return false;
    } finally {
      await this.context.globalState.update(BEGUN, undefined);
    }
  }

  /** Remove environments of earlier versions, once another one is at work. */
  async tidy(): Promise<void> {
    const [newest] = await environments(this.storage);
    if (newest !== undefined) {
      await clean(this.storage, newest);
    }
  }

  /** Say once that the extension brings a newer server than the one in use. */
  private async offerUpdate(path: string, said: string): Promise<void> {
    const from = await shipped(join(this.context.extensionPath, 'dist', 'server'));
    if (from === undefined) {
      return;
    }
    const folder = await folderFor(this.storage, from);
    const own = path.startsWith(this.storage);
    const newer = isNewer(from.version, said.replace(/^moa-lsp\D*/, '')) || (own && dirname(dirname(path)) !== folder);
    if (!newer || this.context.globalState.get(DECLINED) === folder) {
      return;
    }
    const update = 'Update';
    const chosen = await vscode.window.showInformationMessage(`Moa: this extension brings the server ${from.version}; ${said} is in use.`, update, 'Not now');
    if (chosen === update) {
      await vscode.commands.executeCommand('moa.install');
    } else {
      await this.context.globalState.update(DECLINED, folder);
    }
  }

  private readonly execute: Execute = async ([program = '', ...args]) => {
    this.log.info(`${program} ${args.join(' ')}`);
    // Without a user's settings of Python: they may lead the new environment elsewhere.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PYTHON(PATH|HOME)|VIRTUAL_ENV|PIP_(USER|TARGET|PREFIX))$/.test(name)));
    const { stdout } = await promisify(execFile)(program, args, { cwd: homedir(), timeout: STEP_MS, env });
    return stdout;
  };

  /** The Pythons that are new enough, and uv. */
  private async tools(): Promise<Tools> {
    const around = await this.surroundings();
    const found = [...(around.interpreter === undefined ? [] : [around.interpreter]), ...(await allOnPath(pythonNames(WINDOWS), around))];
    const said = await Promise.all(
      found.map((path) =>
        promisify(execFile)(path, ['--version'], { cwd: homedir(), timeout: PROBE_MS }).then(
          ({ stdout }) => stdout,
          () => '',
        ),
      ),
    );
    return { pythons: found.filter((_, index) => isNewEnough(said[index] ?? '')), uv: await onPath('uv', around) };
  }

  private async surroundings(): Promise<Surroundings> {
    const trusted = vscode.workspace.isTrusted;
    return {
      path: vscode.workspace.getConfiguration('moa').get<string>('server.path', '').trim(),
      trusted,
      folders: (vscode.workspace.workspaceFolders ?? []).filter((each) => each.uri.scheme === 'file').map((each) => each.uri.fsPath),
      interpreter: trusted ? await interpreter() : undefined,
      own: (await environments(this.storage)).map((folder) => programIn(folder, 'moa-lsp', WINDOWS)),
      search: process.env.PATH ?? '',
      home: homedir(),
      windows: WINDOWS,
    };
  }
}

/** Tell what is wrong in one message, with what can be done about it. */
export async function complain(error: NoServer): Promise<void> {
  const set = 'Set the path';
  const install = 'Install it';
  const choices = error.missing ? [install, set] : [set];
  const chosen = await vscode.window.showErrorMessage(`Moa: ${error.message}`, ...choices);
  if (chosen === set) {
    await vscode.commands.executeCommand('workbench.action.openSettings', 'moa.server.path');
  } else if (chosen === install) {
    await vscode.commands.executeCommand('moa.install');
  }
}

/** What we use of the Python extension. */
interface PythonApi {
  readonly environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(
      path: unknown,
    ): Promise<{ readonly executable?: { readonly uri?: vscode.Uri } } | undefined>;
  };
}

async function interpreter(): Promise<string | undefined> {
  try {
    const python = vscode.extensions.getExtension<PythonApi | undefined>('ms-python.python');
    const environments = (await python?.activate())?.environments;
    if (environments === undefined) {
      return undefined;
    }
    const active = environments.getActiveEnvironmentPath(vscode.workspace.workspaceFolders?.[0]?.uri);
    return (await environments.resolveEnvironment(active))?.executable?.uri?.fsPath;
  } catch {
    return undefined; // the other places are looked at then
  }
}

/** What a program says to `--version`, if it is the server. */
async function probe(path: string): Promise<string | undefined> {
  try {
    const said = await promisify(execFile)(path, ['--version'], { cwd: homedir(), timeout: PROBE_MS });
    return said.stdout.startsWith('moa-lsp') ? said.stdout.trim() : undefined;
  } catch {
    return undefined;
  }
}
