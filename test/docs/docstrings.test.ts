/** Whoever uses the package reads its types in an editor: each public name, and each member of it, says what it is. */
import {readFileSync, readdirSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import ts from 'typescript';
import {describe, expect, it} from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

type Declaration = ts.Statement & {readonly name?: ts.Identifier};

const parsed = new Map<string, ts.SourceFile>();

/** Each file once: an index is asked for every name that it exports. */
function parse(path: string): ts.SourceFile {
  const known = parsed.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(path, 'utf8');
  const made = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  parsed.set(path, made);
  return made;
}

const isSaid = (node: ts.Node): boolean => ts.getJSDocCommentsAndTags(node).length > 0;

/** The declaration of an exported name, wherever `export *` leads. */
function declarationOf(path: string, name: string): Declaration | undefined {
  for (const statement of parse(path).statements) {
    if (ts.isVariableStatement(statement)) {
      const names = statement.declarationList.declarations.map((one) => one.name.getText());
      if (names.includes(name)) return statement;
    } else if ((statement as Declaration).name?.text === name) return statement as Declaration;
    if (!ts.isExportDeclaration(statement) || statement.exportClause !== undefined) continue;
    const {text = ''} = (statement.moduleSpecifier ?? {}) as {text?: string};
    const found = declarationOf(resolve(dirname(path), text), name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isPublic(member: ts.TypeElement | ts.ClassElement): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  if ((ts.getCombinedModifierFlags(member) & hidden) !== 0) return false;
  // What every error has needs no word here.
  const isOverride = (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Override) !== 0;
  return !isOverride && (member.name === undefined || !ts.isPrivateIdentifier(member.name));
}

function unsaid(name: string, declaration: Declaration | undefined): string[] {
  if (declaration === undefined) return [`${name} is not declared`];
  const members =
    ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration)
      ? [...declaration.members].filter((member) => isPublic(member) && !isSaid(member))
      : [];
  return [
    ...(isSaid(declaration) ? [] : [name]),
    ...members.map((member) => `${name}.${member.name?.getText() ?? 'constructor'}`),
  ];
}

describe.each(['src/container/index.ts', 'src/admin/index.ts'])('%s', (entry) => {
  const path = resolve(ROOT, entry);
  const names = parse(path)
    .statements.filter(ts.isExportDeclaration)
    .flatMap(({exportClause, moduleSpecifier}) => {
      if (exportClause === undefined || !ts.isNamedExports(exportClause)) return [];
      const {text = ''} = (moduleSpecifier ?? {}) as {text?: string};
      return exportClause.elements.map(({name}) => [name.text, text] as const);
    });

  it('has a docstring at each name and each member', () => {
    expect(names.length).toBeGreaterThan(5);
    expect(
      names.flatMap(([name, from]) =>
        unsaid(name, declarationOf(resolve(dirname(path), from), name)),
      ),
    ).toEqual([]);
  });
});

const PROTOCOL = join(ROOT, 'src', 'protocol');

/** Each constant of the admin API that is made of an object literal, by its name. */
const shapes = new Map(
  readdirSync(PROTOCOL)
    .filter((file) => file.startsWith('admin'))
    .flatMap((file) => [...parse(join(PROTOCOL, file)).statements])
    .filter(ts.isVariableStatement)
    .flatMap(({declarationList}) => declarationList.declarations)
    .flatMap((one) => {
      const literal = one.initializer === undefined ? undefined : literalOf(one.initializer);
      return literal === undefined ? [] : [[one.name.getText(), literal] as const];
    }),
);

/** `{...}` or the `{...}` of `z.strictObject({...})`. */
function literalOf(node: ts.Expression): ts.ObjectLiteralExpression | undefined {
  if (ts.isObjectLiteralExpression(node)) return node;
  if (!ts.isCallExpression(node)) return undefined;
  const [first] = node.arguments;
  return first !== undefined && ts.isObjectLiteralExpression(first) ? first : undefined;
}

/** Fields of the shape, of what is spread into it too, as `shape.field`. */
function fieldsOf(name: string): ts.PropertyAssignment[] {
  return [...(shapes.get(name)?.properties ?? [])].flatMap((property) => {
    if (ts.isPropertyAssignment(property)) return [property];
    return ts.isSpreadAssignment(property) ? fieldsOf(property.expression.getText()) : [];
  });
}

describe('what programs send and get', () => {
  const requests = [...shapes.keys()].filter((name) => /(?:Request|Query|Item)$/.test(name));

  it('has a docstring at each field of each request', () => {
    expect(requests.length).toBeGreaterThan(30);
    const fields = requests.flatMap((name) =>
      fieldsOf(name).map((field) => [`${name}.${field.name.getText()}`, field] as const),
    );
    expect(fields.length).toBeGreaterThan(150);
    expect(fields.filter(([, field]) => !isSaid(field)).map(([name]) => name)).toEqual([]);
  });

  it('says of each error code when it comes and what to do', () => {
    const [codes] = parse(join(ROOT, 'src', 'model', 'errors.ts')).statements.flatMap((one) =>
      ts.isVariableStatement(one) ? one.declarationList.declarations : [],
    );
    const table = codes?.initializer;
    const literal =
      table !== undefined && ts.isSatisfiesExpression(table)
        ? literalOf(table.expression)
        : undefined;
    expect(literal?.properties.length).toBeGreaterThan(30);
    const short = [...(literal?.properties ?? [])].filter((code) => {
      const said = ts
        .getJSDocCommentsAndTags(code)
        .map((doc) => doc.getText())
        .join(' ');
      // Two sentences.
      return !/^\/\*\* [A-Za-z].*[.:,] .*\. \*\/$/.test(said);
    });
    expect(short.map((code) => code.name?.getText())).toEqual([]);
  });
});
