/** One server process and the client that speaks to it. */
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import {
  ExecuteCommandRequest,
  LanguageClient,
  RevealOutputChannelOn,
  State,
  type ServerOptions,
  type ShowDocumentRequest,
} from 'vscode-languageclient/node';
import { complain, NoServer, program } from './program';
import type { Status } from './words';

const DOCUMENTS = [{ scheme: 'file' }, { scheme: 'untitled' }];

/** Starts, stops and asks the server. At most one is at work. */
export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private readonly news = new vscode.EventEmitter<Status | undefined>();

  /** How the server stands, each time that it says so; `undefined` when there is none. */
  readonly onStatus = this.news.event;

  constructor(readonly log: vscode.LogOutputChannel) {}

  /** Start the server anew; the user is told if there is none. */
  restart(): Promise<void> {
    return this.next(async () => {
      await this.end();
      await this.begin();
    });
  }

  stop(): Promise<void> {
    return this.next(() => this.end());
  }

  /** These folders are trusted now. */
  async trusted(folders: readonly vscode.WorkspaceFolder[]): Promise<void> {
    if (this.client?.isRunning() === true) {
      const uris = folders.map((folder) => this.client?.code2ProtocolConverter.asUri(folder.uri));
      await this.client.sendNotification('moa/didChangeTrust', { trusted: true, folders: uris });
    } else {
      await this.restart(); // the server may be in the environment of a folder
    }
  }

  /**
   * Run a command of the server. What goes wrong is told to the user in one sentence.
   *
   * @returns the answer, `undefined` when there is none.
   */
  async command(name: string, argument: unknown = {}): Promise<unknown> {
    const client = this.client;
    if (client?.isRunning() !== true) {
      void vscode.window.showErrorMessage('Moa: the server does not run. Restart it, or look into the log.');
      return undefined;
    }
    let answer: unknown;
    try {
      answer = await client.sendRequest(ExecuteCommandRequest.type, { command: name, arguments: [argument] });
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      this.log.warn(`${name}: ${sentence}`);
      void vscode.window.showErrorMessage(`Moa: ${sentence}`);
      return undefined;
    }
    if (name === 'moa.run' && answer !== null) {
      await vscode.commands.executeCommand('setContext', 'moa.hasRun', true);
    }
    return answer;
  }

  dispose(): void {
    this.news.dispose();
  }

  /** One start or stop after the other. */
  private next(work: () => Promise<void>): Promise<void> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async begin(): Promise<void> {
    let path: string;
    try {
      path = await program(this.log);
    } catch (error) {
      if (!(error instanceof NoServer)) {
        throw error;
      }
      this.log.error(error.message);
      void complain(error); // waits for the user
      return;
    }
    const client = this.connect(path);
    this.client = client;
    client.onNotification('moa/status', (status: Status) => {
      this.news.fire(status);
    });
    client.onDidChangeState(({ newState }) => {
      const running = newState === State.Running;
      void vscode.commands.executeCommand('setContext', 'moa.running', running);
      if (!running) {
        this.news.fire(undefined);
      }
    });
    try {
      await client.start();
    } catch (error) {
      // The client has told the user, with a way to the log.
      this.log.error(`the server did not start: ${String(error)}`);
      this.client = undefined;
    }
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.dispose();
  }

  private connect(path: string): LanguageClient {
    const args = vscode.workspace.getConfiguration('moa').get<string[]>('server.args', ['serve']);
    // Not in the opened folder: nothing there shall be found by a relative path.
    const start: ServerOptions = { command: path, args, options: { cwd: homedir() } };
    return new LanguageClient('moa', 'Moa', start, {
      documentSelector: DOCUMENTS,
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      // A function: a server that is started again after a crash gets the trust of then.
      initializationOptions: () => ({ trusted: vscode.workspace.isTrusted }),
      middleware: {
        executeCommand: (name, args: unknown[]) => this.command(name, args[0]),
        window: { showDocument },
      },
    });
  }
}

/** Show an explanation as it is read, not as it is written; everything else as the client does. */
const showDocument: ShowDocumentRequest.MiddlewareSignature = async (params, token, next) => {
  const uri = vscode.Uri.parse(params.uri);
  if (params.external === true || !/\/explanation[^/]*\.md$/.test(uri.path)) {
    return next(params, token);
  }
  await vscode.commands.executeCommand('markdown.showPreviewToSide', uri);
  return { success: true };
};
