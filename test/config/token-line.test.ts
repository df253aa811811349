import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createToken, isTokenOf, nameInToken, parseTokenLine} from '../../src/config/token-line.ts';
import {mayDo, sees} from '../../src/model/access.ts';

describe('a line of sm token create', () => {
  it('holds a name, a role, apps and a hash, and nothing of the token', async () => {
    const {token, line} = await createToken('ci', 'operate', ['orders-*', 'search']);
    expect(nameInToken(token)).toBe('ci');
    expect(line).not.toContain(token.slice('smt~ci~'.length));
    const parsed = parseTokenLine(line, 0);
    expect(parsed).toMatchObject({name: 'ci', role: 'operate', apps: ['orders-*', 'search']});
    if (parsed.secret.kind !== 'hashed') throw new Error('a new line holds a hash');
    expect(await isTokenOf(token, parsed.secret)).toBe(true);
    expect(await isTokenOf(`${token.slice(0, -1)}_`, parsed.secret)).toBe(false);
    const again = await createToken('ci', 'operate', 'all');
    expect([again.token === token, parseTokenLine(again.line, 0).apps]).toEqual([false, 'all']);
  });

  it('refuses names and patterns that a line cannot hold', async () => {
    for (const name of ['', 'a b', 'a~b', 'ä', '-a', 'x'.repeat(65)])
      await expect(createToken(name, 'view', 'all')).rejects.toMatchObject({code: 'INVALID_INPUT'});
    for (const pattern of ['', 'a,b', 'a b', '*'.repeat(129)])
      await expect(createToken('ci', 'view', [pattern])).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      });
  });
});

describe('the form of before', () => {
  it('may do everything; a role without a hash is refused instead of being a name', () => {
    const token = 't'.repeat(43);
    expect(parseTokenLine(token, 1)).toMatchObject({name: 'token-2', role: 'admin', apps: 'all'});
    expect(parseTokenLine(`anna ${token}`, 0)).toMatchObject({name: 'anna', role: 'admin'});
    expect(() => parseTokenLine(`ci view ${token}`, 0)).toThrow(/no hash/);
    expect(() => parseTokenLine('short', 0)).toThrow(/shorter/);
  });

  it.each([
    'ci $scrypt$ln=14,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    'ci root $scrypt$ln=14,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    'ci view $scrypt$ln=30,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    'ci view $scrypt$ln=14,r=8,p=1$AA$AA',
    'ci view a,,b $scrypt$ln=14,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  ])('%s is refused', (line) => {
    expect(() => parseTokenLine(line, 0)).toThrow(/line 1/);
  });
});

describe('rights', () => {
  it('a role covers those before it', () => {
    expect([mayDo('view', 'operate'), mayDo('operate', 'operate'), mayDo('admin', 'view')]).toEqual(
      [false, true, true],
    );
  });

  it('a star stands for any characters, as a regular expression would have it', () => {
    const part = fc.stringMatching(/^[ab.*-]{0,8}$/);
    fc.assert(
      fc.property(part, fc.stringMatching(/^[ab.-]{0,12}$/), (pattern, name) => {
        const text = pattern
          .split('*')
          .map((piece) => piece.replaceAll(/[.-]/g, '\\$&'))
          .join('.*');
        expect(sees([pattern], name)).toBe(new RegExp(`^${text}$`).test(name));
      }),
    );
    expect([sees('all', 'x'), sees([], 'x')]).toEqual([true, false]);
  });

  it('a long pattern of stars takes no time', () => {
    const startedMs = performance.now();
    expect(sees(['a*'.repeat(60) + 'b'], 'a'.repeat(128))).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
