/** Between the messages of VS Code's language models and those of `moa/chat`; knows nothing of the editor. */
import type { ChatAnswer, Mix } from './wire';
import { readiness } from './words';

/** `LanguageModelChatRequestMessage`; parts are told apart by what they have, as their classes are the editor's. */
export interface RequestMessage {
  readonly role: number;
  readonly content: readonly unknown[];
}

/** A message in the shape of Chat Completions. */
export interface ChatMessage {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly content: string;
  readonly tool_calls?: readonly object[];
  readonly tool_call_id?: string;
}

/** `LanguageModelChatInformation`. */
export interface ChatModel {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly version: string;
  readonly detail: string;
  readonly tooltip: string;
  readonly maxInputTokens: number;
  readonly maxOutputTokens: number;
  readonly capabilities: { readonly toolCalling: boolean; readonly imageInput: boolean };
}

/** `LanguageModelChatMessageRole.Assistant`. */
const ASSISTANT = 2;

/** `LanguageModelChatToolMode.Required`. */
const REQUIRED = 2;

/** What the smaller windows of today's coding models leave for a prompt; the mix's own models have the last word. */
const MAX_INPUT_TOKENS = 28_000;

/** The bound of an answer where a mix states none. */
const MAX_OUTPUT_TOKENS = 4_096;

/** UTF-16 units of source code that one token stands for, at the least. */
const CHARS_PER_TOKEN = 3;

/** The mixes that a chat can be given, in the order in which they came. */
export function asModels(mixes: readonly Mix[]): ChatModel[] {
  return mixes
    .filter(({ ready }) => ready)
    .map((mix) => ({
      id: mix.name,
      name: `Moa: ${mix.name}`,
      family: 'moa',
      version: '1',
      detail: readiness(mix),
      tooltip: mix.description,
      maxInputTokens: MAX_INPUT_TOKENS,
      maxOutputTokens: MAX_OUTPUT_TOKENS,
      capabilities: { toolCalling: true, imageInput: false },
    }));
}

/** A message as one or more: results of tools are messages of their own. */
export function asMessage({ role, content }: RequestMessage): ChatMessage[] {
  const parts = content.filter((part): part is Record<string, unknown> => typeof part === 'object' && part !== null);
  const results = parts.filter((part) => 'callId' in part && 'content' in part);
  const calls = parts.filter((part) => 'callId' in part && 'name' in part && 'input' in part);
  const text = textOf(parts);
  const messages: ChatMessage[] = results.map((part) => ({
    role: 'tool',
    content: textOf(Array.isArray(part.content) ? part.content : []),
    tool_call_id: String(part.callId),
  }));
  if (role === ASSISTANT) {
    const made = calls.map(({ callId, name, input }) => ({
      id: callId,
      type: 'function',
      function: { name, arguments: JSON.stringify(input ?? {}) },
    }));
    messages.push({ role: 'assistant', content: text, ...(made.length === 0 ? {} : { tool_calls: made }) });
  } else if (text !== '' || messages.length === 0) {
    messages.push({ role: 'user', content: text });
  }
  return messages;
}

/**
 * The arguments of a call, as its model wrote them.
 *
 * @throws Error with one sentence: they are no JSON object.
 */
export function callInput({ name, arguments: written }: ChatAnswer['tool_calls'][number]): object {
  try {
    const input: unknown = JSON.parse(written === '' ? '{}' : written);
    if (typeof input === 'object' && input !== null) {
      return input;
    }
  } catch {
    // said below
  }
  throw new Error(`Moa: the model called ${name} with arguments that are no JSON object; ask again.`);
}

/** A rough count that is rather too high than too low. */
export function tokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** Whether a tool must be called. */
export function toolChoice(mode: number | undefined): 'auto' | 'required' {
  return mode === REQUIRED ? 'required' : 'auto';
}

function textOf(parts: readonly unknown[]): string {
  const texts = parts.map((part) => (typeof part === 'object' && part !== null && 'value' in part ? part.value : undefined));
  return texts.filter((value): value is string => typeof value === 'string').join('');
}
