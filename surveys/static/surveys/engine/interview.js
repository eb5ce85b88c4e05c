/**
 * Interview: a Definition and answers -> relevant, required, constraint, calculate, choices, pages.
 * Twin of `surveys/core/interview.py`. Clock and seed are arguments, nothing is stored.
 */
import {
  BUDGET, Chance, Context, Env, Moment, days, kindOf, numberText, toBoolean, toNumber, toString,
  unpack,
} from "./expressions.js";

const MAX_REPEATS = 100;
const FIRST_LOAD = ["odk-instance-first-load", "xforms-ready", "odk-instance-load"];
const NEW_REPEAT = ["odk-new-repeat"];
const CHANGED = ["xforms-value-changed"];
const WHOLE = ["int", "integer", "long"];
const KINDS = {
  int: "number", integer: "number", decimal: "number", long: "number", double: "number",
  date: "date", dateTime: "date", boolean: "boolean",
};

class Branch {
  constructor(name, parent, generic, value = "") {
    Object.assign(this, { name, parent, generic, value, own: true, position: 0, kind: "" });
    this.choice = null;
    this.children = [];
    this.index = new Map();
    this.keys = new Map();
    if (parent) {
      parent.children.push(this);
      parent.index.set(name, [...(parent.index.get(name) ?? []), this]);
    }
  }

  get relevant() {
    for (let node = this; node; node = node.parent) if (!node.own) return false;
    return true;
  }

  get text() {
    return this.value && this.relevant ? this.value : "";
  }

  get path() {
    const step = this.position ? `${this.name}[${this.position}]` : this.name;
    return this.parent ? `${this.parent.path}/${step}` : `/${step}`;
  }

  named(name) {
    return this.index.get(name) ?? [];
  }

  /** An XML attribute: found by `@name`, no child. */
  attribute(name, value) {
    const twin = new Branch(`@${name}`, null, this.generic, value);
    twin.parent = this;
    this.index.set(twin.name, [twin]);
  }

  keyed(name, column) {
    const id = `${name} ${column}`;
    if (!this.keys.has(id)) {
      const found = new Map();
      for (const child of this.named(name)) {
        const cell = child.named(column)[0]?.text ?? "";
        if (!found.has(cell)) found.set(cell, []);
        found.get(cell).push(child);
      }
      this.keys.set(id, found);
    }
    return this.keys.get(id);
  }

  *leaves() {
    if (!this.children.length) yield this;
    for (const child of this.children) yield* child.leaves();
  }

  *upwards() {
    for (let node = this; node; node = node.parent) yield node;
  }
}

function listBranch(given, parent) {
  const branch = new Branch(given.name ?? "", null, "", given.text);
  branch.parent = parent;
  branch.choice = given.choice ?? null;
  for (const [name, value] of Object.entries(given.attributes ?? {})) branch.attribute(name, value);
  branch.children = (given.children ?? []).map((child) => listBranch(child, branch));
  for (const child of branch.children) {
    if (!branch.index.has(child.name)) branch.index.set(child.name, []);
    branch.index.get(child.name).push(child);
  }
  return branch;
}

/** The lists as nodes, with the indexes that expressions will ask for: both once, on opening. */
function listBranches({ lists, lookups = [] }) {
  const found = new Map(Object.entries(lists).map(([name, list]) => [name, listBranch(list, null)]));
  for (const [list, name, column] of lookups) {
    for (const root of found.get(list)?.children ?? []) root.keyed(name, column);
  }
  return found;
}

function absolute(ref, context) {
  const bare = ref.replaceAll(" ", "");
  if (bare.startsWith("/")) return bare;
  const steps = context.split("/");
  for (const step of bare.split("/")) {
    if (step === "..") steps.pop();
    else if (step && step !== ".") steps.push(step);
  }
  return steps.join("/");
}

const upper = (path) => path.slice(0, path.lastIndexOf("/"));
const last = (path) => path.slice(path.lastIndexOf("/") + 1);

function together(cause, node) {
  const steps = new Map([...cause.upwards()].map((n) => [n.generic, n]));
  return [...node.upwards()].every((n) => (steps.get(n.generic) ?? n) === n);
}

export class Interview {
  /**
   * @param {import("./definition.js").Definition} definition
   * @param {Object<string, string>} answers
   * @param {{now: number, seed?: number|bigint, firstLoad?: boolean, grow?: boolean}} options
   */
  constructor(definition, answers, { now, seed = 0, firstLoad = false, grow = true }) {
    Object.assign(this, { definition, grow });
    /** @type {Map<string, Branch[]>} */
    this.byGeneric = new Map();
    this.root = this.#build(definition.spec, null);
    this.root.attribute("id", definition.form_id);
    this.root.attribute("version", definition.version);
    definition.listBranches ??= listBranches(definition);
    this.env = new Env(this.root, definition.listBranches, now, new Chance(seed),
      (node, path, name) => this.#choiceLabel(node, path, name),
      (key) => definition.texts[definition.default_language]?.[key] ?? key);
    if (firstLoad) this.#runActions(FIRST_LOAD);
    for (const [path, value] of Object.entries(answers)) {
      const node = this.#find(path, true);
      if (node && !node.children.length) node.value = value;
    }
    this.recompute();
  }


  #build(spec, parent) {
    const node = new Branch(spec.name, parent, spec.path, spec.default);
    node.kind = KINDS[this.definition.types[spec.path]] ?? "";
    if (!this.byGeneric.has(spec.path)) this.byGeneric.set(spec.path, []);
    this.byGeneric.get(spec.path).push(node);
    for (const child of spec.children) {
      for (const copy of child.repeat ? child.copies : [child]) {
        this.#instanceOf(copy, node, child.repeat);
      }
    }
    return node;
  }

  #instanceOf(spec, parent, repeat) {
    const node = this.#build(spec, parent);
    if (repeat) node.position = parent.named(spec.name).length;
    return node;
  }

  #spec(generic) {
    return generic.split("/").slice(2).reduce(
      (spec, step) => spec.children.find((child) => child.name === step), this.definition.spec);
  }

  /** The node at an instance path, null when there is none. @param {string} path */
  find(path) {
    return this.#find(path);
  }

  #find(path, create = false, fresh = false) {
    let node = this.root;
    for (const step of path.split("/").slice(2)) {
      const [name, rest] = step.split("[");
      const position = rest ? parseInt(rest, 10) : 1;
      if (create && node.named(name).length < position && position <= MAX_REPEATS) {
        this.#extend(node, name, position, fresh);
      }
      node = node.named(name)[position - 1];
      if (!node) return null;
    }
    return node;
  }

  #extend(parent, name, position, fresh = true) {
    const siblings = this.#spec(parent.generic).children;
    const spec = siblings.find((child) => child.name === name && child.repeat);
    const rank = (node) => siblings.findIndex((child) => child.name === node.name);
    while (spec && parent.named(name).length < position) {
      const added = this.#instanceOf(spec, parent, true);
      parent.children.sort((a, b) => rank(a) - rank(b));
      if (fresh) this.#runActions(NEW_REPEAT, added);
    }
  }

  walk() {
    for (const node of this.definition.nodes()) {
      if (node.type !== "repeat") continue;
      for (const parent of [...(this.byGeneric.get(upper(node.path)) ?? [])]) {
        if (node.count !== undefined) this.#grow(node.path, parent);
        else if (parent.relevant && (parent.named(node.name)[0]?.own ?? true)) {
          this.#extend(parent, node.name, 2);
        }
      }
      this.recompute();
    }
  }


  /** Store one answer and recompute. @param {string} path @param {string} value */
  set(path, value) {
    const node = this.#find(path, true, true);
    if (!node || node.children.length) throw new RangeError(path);
    const changed = node.value !== value;
    node.value = value;
    if (changed) this.#runActions(CHANGED, node);
    this.recompute();
  }

  #evaluate(formula, node) {
    this.env.steps = BUDGET;
    return formula(new Context(this.env, node));
  }

  #runActions(events, cause = null) {
    for (const action of this.definition.setvalues) {
      if (!action.events.some((e) => events.includes(e)) || !caused(action, events, cause)) continue;
      for (const node of [...(this.byGeneric.get(action.target) ?? [])]) {
        if (cause && !together(cause, node)) continue;
        this.#store(node, action.value ? this.#evaluate(action.value, node) : action.text);
      }
    }
  }

  recompute() {
    const { counts, order, relevant, calculate, drawn } = this.definition;
    if (this.grow) {
      for (const path of counts.keys()) {
        for (const parent of [...(this.byGeneric.get(upper(path)) ?? [])]) this.#grow(path, parent);
      }
    }
    for (const [aspect, path] of order) {
      for (const node of this.byGeneric.get(path) ?? []) {
        if (aspect === "relevant") {
          node.own = toBoolean(this.#evaluate(relevant.get(path), node));
        } else if (!drawn.has(path) || !node.value) {
          this.#store(node, this.#evaluate(calculate.get(path), node));
        }
      }
    }
  }

  #store(node, given) {
    const value = unpack(given);
    const bound = this.definition.types[node.generic] ?? "";
    node.kind = KINDS[bound] ?? kindOf(value);
    const number = node.kind === "number" ? toNumber(value) : NaN;
    if (Number.isNaN(value) || value === "") node.value = "";
    else if (typeof value === "boolean") node.value = value ? "1" : "0";
    else if (!Number.isNaN(number)) {
      node.value = numberText(WHOLE.includes(bound) ? Math.trunc(number) : number);
    } else node.value = value instanceof Moment ? value.lexical() : toString(value);
  }

  #grow(path, parent) {
    const value = toNumber(this.#evaluate(this.definition.counts.get(path), parent));
    const wanted = Number.isNaN(value) ? 0 : Math.min(Math.trunc(value), MAX_REPEATS);
    this.#extend(parent, last(path), wanted);
    if (this.grow) for (const n of parent.named(last(path))) n.own = n.position <= wanted;
  }

  #node(path) {
    const node = this.find(path);
    if (!node) throw new RangeError(path);
    return node;
  }


  relevant(path) {
    return this.find(path)?.relevant ?? false;
  }

  value(path) {
    return this.find(path)?.text ?? "";
  }

  required(path) {
    const node = this.#node(path);
    const formula = this.definition.required.get(node.generic);
    return Boolean(formula) && toBoolean(this.#evaluate(formula, node));
  }

  constraint(path) {
    const node = this.#node(path);
    const formula = this.definition.constraint.get(node.generic);
    if (!formula || !node.value) return "-";
    return toBoolean(this.#evaluate(formula, node)) ? "ok" : "BAD";
  }

  get answers() {
    const leaves = [...this.root.leaves()].filter(
      (n) => n.value && this.definition.questions.has(n.generic) && n.relevant);
    return Object.fromEntries(leaves.map((n) => [n.path, n.value]));
  }

  choices(path) {
    const node = this.#node(path);
    const question = this.definition.questions.get(node.generic);
    const itemset = this.definition.itemsets.get(node.generic);
    if (!itemset || question.choice_filter === undefined) return question.choices;
    const cell = (item, name) => item.named(name)[0]?.text ?? "";
    return this.#evaluate(itemset.nodes, node).map((item) => item.choice
      ?? { name: cell(item, itemset.value), label: { "": cell(item, itemset.label) }, extra: {} });
  }

  #choiceLabel(node, path, name) {
    const question = this.definition.questions.get(absolute(path, node.generic));
    const choice = question?.choices.find((c) => c.name === name);
    return choice ? this.text(choice.label) : "";
  }

  text(texts, language = "", path = "") {
    const found = texts[language] || texts[this.definition.default_language] || texts[""]
      || Object.values(texts)[0] || "";
    const node = (path && this.find(path)) || this.root;
    return found.replace(/\u2983(.*?)\u2984/g, (all, source) =>
      toString(this.#evaluate(this.definition.outputs.get(source), node)));
  }

  problems() {
    return [...this.root.leaves()].flatMap((node) => {
      const question = this.definition.questions.get(node.generic);
      return question?.visible && node.relevant ? this.problemsAt(node.path) : [];
    });
  }

  problemsAt(path) {
    const node = this.#node(path);
    const question = this.definition.questions.get(node.generic);
    let code = "";
    if (!node.value) code = question.kind !== "note" && this.required(path) ? "required_missing" : "";
    else if (!this.#fits(question, node)) code = "value_not_possible";
    else if (this.constraint(path) === "BAD") code = "constraint_failed";
    return code ? [{ code, path }] : [];
  }

  #fits(question, { value, path }) {
    if (question.kind === "integer") return /^-?\d{1,15}$/.test(value);
    if (question.kind === "decimal") return /^-?\d+(\.\d+)?$/.test(value);
    if (question.kind === "date") return days(value) !== null;
    if (!question.choices.length) return true;
    const allowed = new Set(this.choices(path).map((c) => c.name));
    const words = value.split(/\s+/).filter(Boolean);
    const given = question.kind === "select_one" ? [value] : words;
    return given.every((v) => allowed.has(v)) && new Set(given).size === given.length;
  }


  pages(mode = "respondent") {
    return this.definition.children.flatMap((node) => this.#pagesOf(node, this.root, mode));
  }

  #pagesOf(node, parent, mode) {
    if ((node.properties?.show ?? mode) !== mode) return [];
    return parent.named(node.name).filter((branch) => branch.relevant).flatMap((branch) => {
      const key = branch.path;
      if (node.type === "question") {
        return node.visible ? [{ key, items: [{ question: node, path: key }], group: null }] : [];
      }
      if ((node.appearance ?? "").includes("field-list") && node.type === "group") {
        const items = this.#items(node, branch, mode);
        return items.length ? [{ key, items, group: node }] : [];
      }
      return this.#rotated(node).flatMap((child) => this.#pagesOf(child, branch, mode));
    });
  }

  #items(group, branch, mode) {
    const shown = group.children.filter((child) => (child.properties?.show ?? mode) === mode);
    return shown.flatMap((child) => branch.named(child.name).flatMap((inner) => {
      if (!inner.relevant) return [];
      if (child.children) return this.#items(child, inner, mode);
      return child.visible ? [{ question: child, path: inner.path }] : [];
    }));
  }

  #rotated(group) {
    const turns = Number(group.properties?.rotate || 0);
    if (turns < 2) return group.children;
    const fields = [...this.definition.questions.values()];
    const field = fields.find((q) => q.properties?.system === "rotation");
    const number = field ? this.value(field.path) : "";
    const turn = /^\d+$/.test(number) ? (((Number(number) - 1) % turns) + turns) % turns : 0;
    const shift = Math.floor((turn * group.children.length) / turns);
    return [...group.children.slice(shift), ...group.children.slice(0, shift)];
  }
}

function caused(action, events, cause) {
  if (!cause) return events !== CHANGED;
  if (events === NEW_REPEAT) return action.target.startsWith(`${cause.generic}/`);
  return action.trigger === cause.generic;
}
