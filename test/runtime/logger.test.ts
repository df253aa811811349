import {describe, expect, it} from 'vitest';
import {createLogger} from '../../src/runtime/logger.ts';
import type {LoggerOptions} from '../../src/runtime/logger.ts';

function logged(options: LoggerOptions, write: (logger: ReturnType<typeof createLogger>) => void) {
  const lines: string[] = [];
  write(createLogger({...options, destination: {write: (line) => lines.push(line)}}));
  return lines;
}

describe('JSON lines', () => {
  it('are one object a line with time, level, fields and the sentence', () => {
    const [line, ...rest] = logged({}, (logger) => logger.info({app: 'a'}, 'hello'));
    expect(rest).toEqual([]);
    expect(line?.endsWith('}\n')).toBe(true);
    const parsed = JSON.parse(line ?? '') as Record<string, unknown>;
    expect(parsed).toMatchObject({level: 'info', app: 'a', msg: 'hello', pid: process.pid});
    expect(new Date(String(parsed['time'])).toISOString()).toBe(parsed['time']);
  });

  it('hold line breaks of foreign text as escapes', () => {
    const [line] = logged({}, (logger) => logger.warn({shard: 'a\n{"level":"error"}'}, 'x\ny'));
    expect(line?.trimEnd().includes('\n')).toBe(false);
  });

  it('keep the fields of a parent', () => {
    const [line] = logged({}, (logger) =>
      logger.child({app: 'a'}).child({shard: 's'}).error({}, 'x'),
    );
    expect(JSON.parse(line ?? '')).toMatchObject({app: 'a', shard: 's', level: 'error'});
  });

  it('have each name once, whatever fields are given', () => {
    const [line = ''] = logged({}, (logger) =>
      logger.info({level: 'warn', msg: 'm', n: 1}, 'said'),
    );
    expect(line.match(/"level":/g)).toHaveLength(1);
    expect(JSON.parse(line)).toMatchObject({
      level: 'info',
      msg: 'said',
      level_: 'warn',
      msg_: 'm',
      n: 1,
    });
  });

  it('have a field of their logger once, also where they name it again', () => {
    const lines = logged({}, (logger) => {
      const governor = logger.child({app: 'a'});
      governor.info({app: 'a', n: 1}, 'the same');
      governor.info({app: 'b'}, 'another');
      governor.child({app: 'a', shard: 's'}).info({shard: 's'}, 'of a child');
    });
    for (const line of lines)
      expect(line.match(/"(app|shard)":/g)).toEqual([...new Set(line.match(/"(app|shard)":/g))]);
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      {app: 'a', n: 1},
      {app: 'a', app_: 'b'},
      {app: 'a', shard: 's'},
    ]);
  });

  it('below the level are not written', () => {
    const lines = logged({level: 'warn'}, (logger) => {
      logger.debug({}, 'd');
      logger.info({}, 'i');
      logger.warn({}, 'w');
      logger.error({}, 'e');
    });
    expect(lines).toHaveLength(2);
  });
});

describe('text lines', () => {
  it('are for people, one line each, control characters made harmless', () => {
    const [line, ...rest] = logged({format: 'text'}, (logger) =>
      logger.warn({shard: 'a\u001b[31m\nb', n: 5}, 'moved\n\u001b[2J'),
    );
    expect(rest).toEqual([]);
    expect(line).toMatch(/^\S+Z WARN {2}moved/);
    expect(line).toContain('n=5');
    expect(line?.trimEnd()).not.toMatch(/\p{Cc}/u);
  });
});

describe('the level', () => {
  it('changes at run time, for children that were there before, too', () => {
    const lines = logged({}, (logger) => {
      const child = logger.child({app: 'a'});
      child.debug({}, 'hidden');
      logger.setLevel('debug');
      child.debug({}, 'shown');
      logger.setLevel('error');
      child.warn({}, 'hidden');
      logger.warn({}, 'hidden');
    });
    expect(lines.map((line) => (JSON.parse(line) as {msg: string}).msg)).toEqual(['shown']);
  });
});
