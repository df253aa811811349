/**
 * This package as oclif's one plugin, made from its two files. Left out is what oclif does of itself at every start:
 * looking for plugins of the user, for the root of the package and for sources to compile, sorting by a language's rules.
 */
import {readFileSync} from 'node:fs';
import {dirname, extname, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import type {Command, Interfaces} from '@oclif/core';

/** `entry`: URL of cli/index, built or as source; what is loaded later comes from the same folder. */
export function ownPlugin(entry: string): Interfaces.Plugin {
  const code = dirname(dirname(fileURLToPath(entry)));
  const root = dirname(code);
  const fileOf = (...path: string[]): string => join(code, ...path) + extname(entry);
  const {oclif, ...pack} = readJson<Interfaces.PJSON>(root, 'package.json');
  const pjson = {...pack, oclif: {...oclif, helpClass: fileOf('cli', 'help')}};
  const {commands} = readJson<Interfaces.Manifest>(root, 'oclif.manifest.json');
  const load = (id: string): Promise<Command.Class> =>
    loadCommand(id, fileOf('commands', ...id.split(':')), plugin);
  const plugin: Interfaces.Plugin = {
    ...{_base: '', name: pjson.name, alias: pjson.name, version: pjson.version, type: 'core'},
    ...{root, pjson, options: {root, isRoot: true}, isRoot: true, valid: true, hasManifest: true},
    moduleType: 'module',
    commandsDir: join(code, 'commands'),
    commandIDs: Object.keys(commands),
    commands: Object.entries(commands).map(([id, command]) => ({...command, load: () => load(id)})),
    topics: Object.entries(oclif.topics ?? {}).map(([name, topic]) => ({...topic, name})),
    hooks: {
      command_not_found: [
        {target: fileOf('cli', 'hooks', 'command-not-found'), identifier: 'default'},
      ],
    },
    findCommand: load,
    load: () => Promise.resolve(),
  };
  return plugin;
}

async function loadCommand(
  id: string,
  file: string,
  plugin: Interfaces.Plugin,
): Promise<Command.Class> {
  const module = (await import(pathToFileURL(file).href)) as {default: Command.Class};
  return Object.assign(module.default, {id, plugin});
}

function readJson<T>(root: string, name: string): T {
  return JSON.parse(readFileSync(join(root, name), 'utf8')) as T;
}
