import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type Static, Type } from 'typebox';
import {
  isList,
  readSettings,
  type ServerSettings,
  ServerSettingsSchema,
  type Setting,
  SettingError,
  withTokens,
  settingsOf,
} from '../server/index.ts';
import { CliError } from './cli-streams.ts';
import { collect, type GlobalOptions, parseMemory } from './option-values.ts';

/*
 * The settings of `ballpark serve`: the engine's, most of which every command has as options, and the server's.
 */

const EngineSchema = Type.Object({
  dataDir: Type.String({
    default: '.ballpark',
    minLength: 1,
    description: 'folder of the catalog and the samples',
  }),
  allow: Type.Array(Type.String({ minLength: 1 }), {
    default: [],
    description: 'folders that CREATE TABLE may read; none: the working directory',
  }),
  threads: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 1024,
    description: 'threads to work with; 0: all cores',
  }),
  memoryLimit: Type.String({
    default: '',
    description: 'memory for scans and samples: bytes, 512MB, 4GiB; empty: half of the memory',
  }),
  maintain: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 86_400,
    description: 'seconds between looks for files that were added or changed, to keep samples fresh; 0: none',
  }),
});

const ServeSchema = Type.Object({ ...EngineSchema.properties, ...ServerSettingsSchema.properties });

/** What is to be opened, and how it is to be served. */
export interface ServePlan {
  readonly engine: GlobalOptions;
  readonly server: ServerSettings;
}

/** Adds the settings as options, but for those that all commands have. */
export function addSettings(command: Command): void {
  const known = new Set(command.parent?.options.map(({ long }) => long));
  for (const setting of settingsOf(ServeSchema)) {
    if (known.has(setting.flag)) continue;
    const option = new Option(`${setting.flag} <${placeholderOf(setting)}>`, helpFor(setting));
    if (isList(setting))
      option.argParser((text: string, earlier?: readonly string[]) => collect(text, earlier));
    command.addOption(option);
  }
}

/** Variables, keys and defaults of the options that all commands have. */
export function helpForShared(command: Command): string {
  const known = new Set(command.parent?.options.map(({ long }) => long));
  const shared = settingsOf(ServeSchema).filter(({ flag }) => known.has(flag));
  return shared.map((setting) => `  ${setting.flag}: ${helpFor(setting)}`).join('\n');
}

function placeholderOf(setting: Setting): string {
  if (isList(setting)) return 'list';
  return typeof setting.initial === 'number' ? 'n' : 'text';
}

function helpFor({ key, variable, description, initial }: Setting): string {
  const shown = initial === '' || (Array.isArray(initial) && initial.length === 0) ? 'none' : String(initial);
  return `${description} (default: ${shown}; ${variable}; ${key})`;
}

/**
 * Puts the settings together: flags over the environment over the file over defaults.
 * @param path of the file; null: there is none
 * @throws CliError for what cannot be used
 */
export async function planServing(command: Command, path: string | null): Promise<ServePlan> {
  const file = path === null ? null : { name: path, content: await readJson(path) };
  try {
    const settings = readSettings(ServeSchema, { flags: flagsOf(command), environment: process.env, file });
    const { taskFaults } = command.optsWithGlobals<GlobalOptions>();
    return {
      engine: { ...engineOptions(settings), ...(taskFaults === undefined ? {} : { taskFaults }) },
      // Before an engine is opened: what is wrong with them leaves nothing behind.
      server: await withTokens(settings),
    };
  } catch (error) {
    throw error instanceof SettingError ? new CliError(error.message) : error;
  }
}

/** What stands on the command line, by key. */
function flagsOf(command: Command): Map<string, readonly string[]> {
  const flags = new Map<string, readonly string[]>();
  const values = command.optsWithGlobals<Record<string, unknown>>();
  for (const { key, flag } of settingsOf(ServeSchema)) {
    const name = new Option(flag).attributeName();
    if (command.getOptionValueSourceWithGlobals(name) !== 'cli') continue;
    flags.set(key, [values[name]].flat().map(String));
  }
  return flags;
}

function engineOptions({
  dataDir,
  allow,
  threads,
  memoryLimit,
  maintain,
}: Static<typeof EngineSchema>): GlobalOptions {
  return {
    dataDir,
    ...(allow.length === 0 ? {} : { allow }),
    ...(threads === 0 ? {} : { threads }),
    ...(memoryLimit === '' ? {} : { memoryLimit: memoryOf(memoryLimit) }),
    ...(maintain === 0 ? {} : { maintain }),
  };
}

function memoryOf(text: string): number {
  try {
    return parseMemory(text);
  } catch (error) {
    if (error instanceof Error)
      throw new SettingError(`memoryLimit: ${error.message} Found ${JSON.stringify(text)}.`);
    throw error;
  }
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new CliError(`cannot read the configuration: ${error.message}`);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(`${path} is not JSON: ${String(error instanceof Error ? error.message : error)}`);
  }
}
