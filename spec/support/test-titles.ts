import { readFileSync } from 'node:fs';
import ts from 'typescript';

/**
 * The tests that a file defines: for each the titles of the blocks around it and its own, as far as they are written
 * down as texts. Placeholders of `each` are not filled in; tests that are skipped are left out.
 *
 * @param path - of a JavaScript or TypeScript file
 * @param functions - the names of the functions that define tests, and of those that define blocks of them
 */
export function testTitles(
  path: string,
  functions: { readonly tests: readonly string[]; readonly blocks: readonly string[] },
): string[][] {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
  const found: string[][] = [];
  const visit = (node: ts.Node, around: readonly string[]): void => {
    let inside = around;
    if (ts.isCallExpression(node)) {
      const name = calledName(node.expression);
      const title = titleOf(node.arguments[0]);
      if (name !== undefined && title !== undefined) {
        if (functions.tests.includes(name)) {
          found.push([...around, title]);
        } else if (functions.blocks.includes(name)) {
          inside = [...around, title];
        }
      }
    }
    ts.forEachChild(node, (child) => {
      visit(child, inside);
    });
  };
  visit(file, []);
  return found;
}

/** The function behind `it`, `it.each(table)`, `it.failing` and the like, unless it leaves tests out. */
function calledName(callee: ts.Expression): string | undefined {
  if (ts.isIdentifier(callee)) {
    return callee.text;
  }
  if (ts.isCallExpression(callee) || ts.isTaggedTemplateExpression(callee)) {
    return calledName(ts.isCallExpression(callee) ? callee.expression : callee.tag);
  }
  if (ts.isPropertyAccessExpression(callee)) {
    return ['skip', 'todo'].includes(callee.name.text) ? undefined : calledName(callee.expression);
  }
  return undefined;
}

/** A title that is a text, or the first argument of an object that stands for one. */
function titleOf(argument: ts.Expression | undefined): string | undefined {
  if (argument === undefined) {
    return undefined;
  }
  if (ts.isStringLiteralLike(argument)) {
    return argument.text;
  }
  return ts.isNewExpression(argument) ? titleOf(argument.arguments?.[0]) : undefined;
}
