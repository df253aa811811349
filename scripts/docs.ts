/** `npm run docs`: writes docs/cli.md from oclif.manifest.json, as `npm run build` has made it. */
import {readFileSync, writeFileSync} from 'node:fs';
import type {Interfaces} from '@oclif/core';
import {cliReference} from './cli-reference.ts';

const {commands} = JSON.parse(readFileSync('oclif.manifest.json', 'utf8')) as {
  commands: Record<string, Interfaces.Config['commands'][number]>;
};
writeFileSync('docs/cli.md', cliReference(Object.values(commands)));
