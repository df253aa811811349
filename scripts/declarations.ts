/** Of all declarations only those are shipped that the public modules of the package reach, with those of zod, in whose words the admin types are written. */
import {cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';

const {name: OWN_NAME, dependencies} = JSON.parse(readFileSync('package.json', 'utf8')) as {
  name: string;
  dependencies: Record<string, string>;
};
const INSTALLED: ReadonlySet<string> = new Set([OWN_NAME, ...Object.keys(dependencies)]);
const IMPORT = /(from\s+|import\()(['"])([^'"]+)\2/g;

/** `entries`: paths below `folder`, without ending. @throws Error when one of them imports a package that is not shipped. */
export function shipDeclarations(folder: string, entries: readonly string[]): void {
  const zod = join(folder, 'zod');
  cpSync(join('node_modules', 'zod', 'v4'), zod, {
    recursive: true,
    filter: (file) => !/\.(js|cjs|map|d\.cts|ts)$/.test(file) || file.endsWith('.d.ts'),
  });
  const reached = new Set<string>();
  const open = entries.map((entry) => resolve(folder, `${entry}.d.ts`));
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    open.push(...importsOf(file, resolve(zod)));
  }
  for (const entry of readdirSync(folder, {recursive: true, withFileTypes: true})) {
    const file = resolve(entry.parentPath, entry.name);
    if (entry.isFile() && !reached.has(file)) rmSync(file);
  }
  for (const entry of readdirSync(folder, {recursive: true}).map(String).sort().reverse()) {
    const path = join(folder, entry);
    if (existsSync(path) && isEmpty(path)) rmSync(path, {recursive: true});
  }
}

/** The declarations that a file imports; what it takes from zod is written anew as a path. */
function importsOf(file: string, zod: string): string[] {
  const found: string[] = [];
  const text = readFileSync(file, 'utf8').replaceAll(
    IMPORT,
    (whole, word: string, quote: string, name: string) => {
      if (name.startsWith('.')) {
        found.push(resolve(dirname(file), name.replace(/\.(js|ts|tsx)$/, '.d.ts')));
        return whole;
      }
      // Of Node, of what is installed beside the package, or an example in a comment.
      if (name.startsWith('node:') || INSTALLED.has(name)) return whole;
      if (name !== 'zod') throw new Error(`${file}: a type of ${name}, which is not shipped`);
      const index = join(zod, 'classic', 'index.d.ts');
      found.push(index);
      const path = relative(dirname(file), index.replace(/\.d\.ts$/, '.js'));
      return `${word}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
    },
  );
  writeFileSync(file, text);
  return found.filter((path) => existsSync(path));
}

function isEmpty(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch {
    return false;
  }
}
