import {readFileSync} from 'node:fs';
import type {Interfaces} from '@oclif/core';
import {expect, it} from 'vitest';
import {cliReference} from '../../scripts/cli-reference.ts';

it('docs/cli.md says what the commands say: else run npm run docs', () => {
  const {commands} = JSON.parse(readFileSync('oclif.manifest.json', 'utf8')) as {
    commands: Record<string, Interfaces.Config['commands'][number]>;
  };
  const text = readFileSync('docs/cli.md', 'utf8');
  expect(text).toBe(cliReference(Object.values(commands)));
  for (const command of ['shard why', 'container drain', 'apply'])
    expect(text).toContain(`\n## ${command}\n`);
});
