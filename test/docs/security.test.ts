/** SECURITY.md: each line of its list names tests that are there, or says what is not done; and what else it promises of the program itself. */
import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {routeRows} from '../../src/protocol/admin-routes.ts';
import {ROLES} from '../../src/model/access.ts';
import {sbomOf} from '../../scripts/sbom.ts';
import type {Component} from '../../scripts/sbom.ts';

const PAGE = readFileSync('SECURITY.md', 'utf8');
const LINES = PAGE.split('\n').filter((line) => /^\| \d+ \|/.test(line));

it('has all sixteen lines', () => {
  expect(LINES.map((line) => Number(/\d+/.exec(line)?.[0]))).toEqual(
    Array.from({length: 16}, (_, at) => at + 1),
  );
});

it.each(LINES.map((line) => [/\d+/.exec(line)?.[0] ?? '', line] as const))(
  'line %s names tests that are there, or an exception',
  (_number, line) => {
    const parts = [...line.matchAll(/`(test\/[^`]+\.tsx?)`((?:,? "[^"]+")+)/g)];
    expect(parts.length > 0 || line.includes('Exception')).toBe(true);
    for (const [, file = '', names = ''] of parts) {
      const text = readFileSync(file, 'utf8');
      for (const [, name = ''] of names.matchAll(/"([^"]+)"/g))
        expect([file, name, text.includes(name)]).toEqual([file, name, true]);
    }
  },
);

it('describes every role, and what only admin may do', () => {
  for (const role of ROLES) expect(PAGE).toContain(`| \`${role}\` |`);
  const deciding = Object.entries(routeRows).filter(([, {right}]) => right === 'admin');
  expect(deciding.map(([name]) => name).sort()).toEqual([
    ...['acceptRestore', 'addSpec', 'delSpec', 'setQuota'],
  ]);
});

it('the bill of materials names what ships, each with version and licence', () => {
  const {specVersion, components} = sbomOf(['node_modules/zod/index.js']) as {
    specVersion: string;
    components: Component[];
  };
  expect(specVersion).toBe('1.6');
  const {dependencies} = JSON.parse(readFileSync('package.json', 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const [name, version] of [...Object.entries(dependencies), ['zod', undefined] as const]) {
    const found = components.find(
      (one) => one.name === name && (version ?? one.version) === one.version,
    );
    expect(found).toMatchObject({name, version: expect.stringMatching(/^\d/) as string});
  }
  for (const {name, version, licenses} of components)
    expect([name, version === '', licenses === undefined]).toEqual([name, false, false]);
});
