import {expect, it} from 'vitest';
import {changedSettings, parseConfig} from '../../src/config/index.ts';

const BASE = 'service: sm\nport: 8801\nendpoints: ["127.0.0.1:2379"]\netcdPrefix: /sm\n';
const changes = (before: string, after: string): string[] =>
  changedSettings(parseConfig(BASE + before, 'a.yml'), parseConfig(BASE + after, 'b.yml'));

it('names every setting that differs by its path, and takes a default for what it is', () => {
  expect(changes('', '')).toEqual([]);
  expect(changes('', 'log: {level: info}\nheartbeat: {ttlMs: 10000}\n')).toEqual([]);
  expect(changes('', 'log: {level: debug}\n')).toEqual(['log.level']);
  expect(changes('auth: none\n', 'auth: {tokenFile: /t}\n')).toEqual(['auth', 'auth.tokenFile']);
  expect(changes('', 'tls: {cert: /c, key: /k}\ncompaction: off\n')).toEqual([
    ...['compaction', 'tls.cert', 'tls.key'],
  ]);
});
