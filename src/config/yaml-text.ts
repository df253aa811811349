/** YAML whose bytes depend on the document alone, and that a terminal shows harmlessly. */
import {Document, visit} from 'yaml';
import {isHarmful, visibleLines} from '../model/visible.ts';

export function yamlText(document: object): string {
  // Folded lines and anchors would depend on lengths and repetitions.
  const tree = new Document(document, {aliasDuplicateObjects: false, version: '1.2'});
  visit(tree, {
    // Only between double quotes may a character stand as its code.
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && isHarmful(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return visibleLines(tree.toString({lineWidth: 0}));
}
