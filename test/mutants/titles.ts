/** The full names of the tests of a file, read without running it. */
import {
  ScriptTarget,
  createSourceFile,
  forEachChild,
  isCallExpression,
  isIdentifier,
  isLiteralExpression,
  isNoSubstitutionTemplateLiteral,
  isPropertyAccessExpression,
  isStringLiteral,
  isTemplateExpression,
} from 'typescript';
import type {Expression, Node} from 'typescript';

const NAMED: ReadonlySet<string> = new Set(['describe', 'it', 'test']);
/** What `it.each` fills in: `%s`, `%j`, `$name`. */
const PLACEHOLDER = /%[a-z]|\$\w+/;

/**
 * A question: has the source a test of this full name, `describe > it`? Where a title takes values of the run, each of them must be
 * a literal of the source or one of `names`: the row of a table, or a file.
 */
export function testNames(source: string, names: readonly string[]): (fullName: string) => boolean {
  const {fullNames, literals} = readTests(source);
  const values = new Set([...literals, ...names, 'true', 'false']);
  const known = (value: string): boolean => values.has(value.replace(/^(['"])(.*)\1$/s, '$2'));
  return (fullName) =>
    fullNames.some((pattern) => pattern.exec(fullName)?.slice(1).every(known) === true);
}

function readTests(source: string): {fullNames: RegExp[]; literals: string[]} {
  const fullNames: RegExp[] = [];
  const literals: string[] = [];
  const visit = (node: Node, around: readonly string[]): void => {
    if (isLiteralExpression(node)) literals.push(node.text);
    const [title, ...rest] = isCallExpression(node) ? node.arguments : [];
    if (title === undefined || !isCallExpression(node) || !NAMED.has(nameOfCall(node.expression)))
      return forEachChild(node, (child) => visit(child, around));
    const titles = [...around, patternOf(title)];
    if (nameOfCall(node.expression) !== 'describe')
      fullNames.push(new RegExp(`^${titles.join(' > ')}$`, 's'));
    const rows = isCallExpression(node.expression) ? node.expression.arguments : [];
    for (const part of [...rows, ...rest]) visit(part, titles);
  };
  visit(createSourceFile('', source, ScriptTarget.Latest), []);
  return {fullNames, literals};
}

/** `it` of `it(...)`, `it.skipIf(...)(...)` and `it.each(...)(...)`. */
function nameOfCall(called: Expression): string {
  if (isIdentifier(called)) return called.text;
  if (isPropertyAccessExpression(called) || isCallExpression(called))
    return nameOfCall(called.expression);
  return '';
}

function patternOf(title: Expression): string {
  return fixedParts(title).map(escaped).join('(.+)');
}

/** What is always in a title. Between these parts are values. */
function fixedParts(title: Expression): readonly string[] {
  if (isStringLiteral(title) || isNoSubstitutionTemplateLiteral(title))
    return title.text.split(PLACEHOLDER);
  if (!isTemplateExpression(title)) return ['', ''];
  return [title.head.text, ...title.templateSpans.map(({literal}) => literal.text)];
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
