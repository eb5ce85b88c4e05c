/**
 * Definition: one questionnaire version, read from the JSON of `surveys/core/bundle.py`.
 * Compiles the expressions once. No DOM, no network, no storage.
 *
 * @typedef {{name: string, label: Object<string, string>, extra: Object<string, string>}} Choice
 * @typedef {{type: string, path: string, name: string, kind: string, visible: boolean,
 *   choices: Choice[], children: QuestionOrGroup[], appearance: string}} QuestionOrGroup
 */
import { FORMAT, compileAst } from "./expressions.js";

/** The bundle is newer than this engine: say so in words, keep what was written. */
export class NewerFormat extends Error {}

const ASPECTS = ["relevant", "calculate", "required", "constraint", "counts", "outputs"];

export class Definition {
  /** @param {Object} bundle */
  constructor(bundle) {
    if (bundle.format > FORMAT) throw new NewerFormat(String(bundle.format));
    Object.assign(this, bundle);
    for (const aspect of ASPECTS) this[aspect] = compiled(bundle[aspect]);
    this.drawn = new Set(bundle.drawn);
    this.itemsets = new Map(Object.entries(bundle.itemsets).map(
      ([path, itemset]) => [path, { ...itemset, nodes: compileAst(itemset.nodes) }]));
    this.setvalues = bundle.setvalues.map(
      (action) => ({ ...action, value: action.value && compileAst(action.value) }));
    /** @type {Map<string, QuestionOrGroup>} */
    this.questions = new Map();
    for (const node of this.nodes()) if (node.type === "question") this.questions.set(node.path, node);
  }

  /** All groups and questions in document order. @returns {Generator<QuestionOrGroup>} */
  *nodes(children = this.children) {
    for (const node of children) {
      yield node;
      if (node.children) yield* this.nodes(node.children);
    }
  }
}

function compiled(asts) {
  return new Map(Object.entries(asts).map(([path, ast]) => [path, compileAst(ast)]));
}
