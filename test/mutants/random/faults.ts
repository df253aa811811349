/** Every small fault that fits into a source: a comparison turned, a condition that always or never holds, a step left out. Pure. */
import {
  SyntaxKind,
  createSourceFile,
  forEachChild,
  isBinaryExpression,
  isConditionalExpression,
  isExpressionStatement,
  isIfStatement,
  isImportDeclaration,
  isPrefixUnaryExpression,
  isReturnStatement,
  isTypeNode,
  ScriptTarget,
} from 'typescript';
import type {Node, SourceFile} from 'typescript';

export interface Fault {
  /** Offsets of what is replaced. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** Line, counted from 1, and what is changed there. */
  readonly name: string;
}

const OTHER_OPERATORS: ReadonlyMap<string, string> = new Map([
  ...([
    ['<', '<='],
    ['<=', '<'],
    ['>', '>='],
    ['>=', '>'],
  ] as const),
  ...([
    ['===', '!=='],
    ['!==', '==='],
    ['&&', '||'],
    ['||', '&&'],
  ] as const),
  ...([
    ['+', '-'],
    ['-', '+'],
    ['??', '&&'],
  ] as const),
]);

const SHOWN_CHARACTERS = 80;

export function faultsOf(file: string, source: string): Fault[] {
  const parsed = createSourceFile(file, source, ScriptTarget.Latest, true);
  const faults: Fault[] = [];
  const visit = (node: Node): void => {
    if (isImportDeclaration(node) || isTypeNode(node)) return;
    for (const [part, text] of changesOf(node, parsed)) faults.push(fault(parsed, part, text));
    forEachChild(node, visit);
  };
  visit(parsed);
  return faults;
}

export function withFault(source: string, {from, to, text}: Fault): string {
  return source.slice(0, from) + text + source.slice(to);
}

/** Parts of the node, and what each is replaced by. */
function changesOf(node: Node, source: SourceFile): (readonly [Node, string])[] {
  if (isBinaryExpression(node)) return operatorChanges(node, source);
  if (isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken)
    return [[node, node.operand.getText(source)]];
  if (isExpressionStatement(node)) return [[node, ';']];
  if (isIfStatement(node)) return eitherWay(node.expression);
  if (isConditionalExpression(node)) return eitherWay(node.condition);
  if (!isReturnStatement(node)) return [];
  if (node.expression?.kind === SyntaxKind.TrueKeyword) return [[node.expression, 'false']];
  return node.expression?.kind === SyntaxKind.FalseKeyword ? [[node.expression, 'true']] : [];
}

function eitherWay(condition: Node): (readonly [Node, string])[] {
  return [
    [condition, 'true'],
    [condition, 'false'],
  ];
}

function operatorChanges(
  {operatorToken, left, right}: {operatorToken: Node; left: Node; right: Node},
  source: SourceFile,
): (readonly [Node, string])[] {
  const other = OTHER_OPERATORS.get(operatorToken.getText(source));
  const isText = [left, right].some((side) => /^['"`]/.test(side.getText(source)));
  return other === undefined || (isText && other === '-') ? [] : [[operatorToken, other]];
}

function fault(source: SourceFile, part: Node, text: string): Fault {
  const from = part.getStart(source);
  const line = source.getLineAndCharacterOfPosition(from).line + 1;
  const around = part.getChildCount(source) === 0 ? part.parent : part;
  const shown = around.getText(source).replaceAll(/\s+/g, ' ').slice(0, SHOWN_CHARACTERS);
  const was = part.getText(source);
  const what = around === part ? `'${shown}' is now '${text}'` : `${was} is now ${text}: ${shown}`;
  return {from, to: part.end, text, name: `${line}: ${what}`};
}
