/** Numbers of a source file that stand where a limit, a default or a threshold stands, without a name. */
import ts from 'typescript';

/** 0, 1 and 2 are indexes, versions and halves; the others change from one unit to another. */
const PLAIN = new Set([0, 1, 2]);
const UNITS = new Set([10, 24, 60, 100, 1_000, 1_024, 60_000, 1_000_000, 3_600_000]);

const COMPARISONS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
]);
const FALLBACKS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.QuestionQuestionToken,
  ts.SyntaxKind.EqualsToken,
]);
const FACTORS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AsteriskToken,
  ts.SyntaxKind.SlashToken,
]);
const TERMS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AsteriskToken,
  ts.SyntaxKind.AsteriskAsteriskToken,
  ts.SyntaxKind.PlusToken,
  ts.SyntaxKind.MinusToken,
]);

/** Calls whose arguments are bounds. */
const BOUNDS = new Set(['min', 'max', 'default', 'between', 'whole', 'setTimeout', 'setInterval']);
/** Codes of HTTP, lengths of formats, bytes. */
const CODES = /\b(?:status|statusCode|httpStatus|family|parts|words)\b|0x/;

/** Each as `line: text`. */
export function bareNumbers(source: string): string[] {
  const tree = ts.createSourceFile('source.tsx', source, ts.ScriptTarget.Latest, true);
  const lines = source.split('\n');
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isNumericLiteral(node) && !PLAIN.has(Number(node.text)) && isSetting(node)) {
      const {line} = tree.getLineAndCharacterOfPosition(node.getStart());
      found.add(`${line + 1}: ${(lines[line] ?? '').trim()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return [...found];
}

function isSetting(literal: ts.NumericLiteral): boolean {
  if (isFactor(literal)) return true;
  let node: ts.Node = literal;
  while (isArithmetic(node.parent)) node = node.parent;
  // A product with something that has a name has been looked at as a factor.
  if (!isPlainSum(node)) return false;
  const {parent} = node;
  if (ts.isBinaryExpression(parent)) return isBound(parent, Number(literal.text));
  if (ts.isCallExpression(parent)) return isBoundOfCall(parent, node);
  if (ts.isPropertyAssignment(parent)) return !/^(?:mode|\d+)$/.test(parent.name.getText());
  if (ts.isArrayLiteralExpression(parent)) return !isAddress(parent);
  if (ts.isBindingElement(parent) || ts.isParameter(parent)) return parent.initializer === node;
  return ts.isPropertyDeclaration(parent);
}

/** `ttlMs / 5`: a part of something that has a name, and not only in another unit. */
function isFactor(literal: ts.NumericLiteral): boolean {
  const {parent} = literal;
  if (!ts.isBinaryExpression(parent) || !FACTORS.has(parent.operatorToken.kind)) return false;
  const other = parent.left === literal ? parent.right : parent.left;
  return !UNITS.has(Number(literal.text)) && !isPlainSum(other);
}

function isBound({operatorToken, left, right}: ts.BinaryExpression, value: number): boolean {
  if (FALLBACKS.has(operatorToken.kind)) return !CODES.test(left.getText());
  if (!COMPARISONS.has(operatorToken.kind)) return false;
  return !(UNITS.has(value) && value <= 60) && !CODES.test(`${left.getText()} ${right.getText()}`);
}

function isBoundOfCall(call: ts.CallExpression, argument: ts.Node): boolean {
  const {expression} = call;
  const name = ts.isPropertyAccessExpression(expression)
    ? expression.name.text
    : expression.getText();
  if (name === 'slice')
    return call.arguments[0]?.getText() === '0' && call.arguments[1] === argument;
  return BOUNDS.has(name);
}

/** `[index, ...]` of at() and the like: not a list of settings but one of text and numbers. */
function isAddress({elements}: ts.ArrayLiteralExpression): boolean {
  return elements.some((element) => !ts.isNumericLiteral(element));
}

function isArithmetic(node: ts.Node): boolean {
  if (ts.isParenthesizedExpression(node) || ts.isPrefixUnaryExpression(node)) return true;
  return ts.isBinaryExpression(node) && TERMS.has(node.operatorToken.kind);
}

function isPlainSum(node: ts.Node): boolean {
  if (ts.isNumericLiteral(node)) return true;
  if (ts.isParenthesizedExpression(node)) return isPlainSum(node.expression);
  if (ts.isPrefixUnaryExpression(node)) return isPlainSum(node.operand);
  return ts.isBinaryExpression(node) && isPlainSum(node.left) && isPlainSum(node.right);
}
