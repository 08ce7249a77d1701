/*
 * parser: SQL text into a syntax tree, and a syntax tree into SQL text.
 * In: one statement as text; or a script, to be cut into statements. Out: a tree of readonly plain data (ast.ts, expression.ts),
 * nothing resolved, every node with its span in the text.
 * Always: any text gives a tree or a QueryError, never anything else; a tree is shallow enough to walk recursively;
 * parseStatement(printStatement(tree)) equals the tree, spans apart, unless the print is beyond the limits on text.
 * Inside: tokens, keywords → lexer → limits → *-grammar → *-builder; *-printer back; syntax-error explains what does not match.
 */
export type * from './ast.ts';
export type * from './expression.ts';
export { isReservedWord } from './keywords.ts';
export { parseStatement, prepareParser } from './parse-statement.ts';
export { printExpression, printQuery, printStatement } from './print-statement.ts';
export { splitStatements } from './split-statements.ts';
export { shapeOf } from './statement-shape.ts';
