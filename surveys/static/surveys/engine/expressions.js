/**
 * Expressions: AST of numbered format -> functions of a context. Twin of `surveys/core/expressions`:
 * same names, same results, proved on the same cases. Evaluates, never parses.
 * What each function is for is said there. No DOM, no network, no storage.
 *
 * @typedef {Array} Ast
 * @typedef {number|boolean|string|Moment|Node[]} Value
 * @typedef {{name: string, parent: ?Node, children: Node[], kind: string, generic: string,
 *   text: string, relevant: boolean, named: function(string): Node[],
 *   keyed: function(string, string): Map<string, Node[]>}} Node
 * @typedef {function(Context): Value} Evaluator
 */

export const FORMAT = 1;
export const BUDGET = 2_000_000;
export const ZONE = 480;
const DAY = 86_400_000;
const NUMBER = /^\s*-?(\d+(\.\d*)?|\.\d+)\s*$/;
const STORED = /^-?\d+(\.\d+)?(E-?\d+)?$/;
const DATE =
  /^(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?)?$/;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const WEEKDAYS = "Sun Mon Tue Wed Thu Fri Sat".split(" ");

export class EvaluationProblem extends Error {}

export class Moment {
  /** @param {number} days */
  constructor(days) {
    this.days = days;
  }

  get whole() {
    return this.days === Math.floor(this.days);
  }

  /** A Date whose UTC fields are the fields on the wall in the zone. @param {number} zone */
  at(zone = ZONE) {
    return new Date(this.whole ? this.days * DAY : Math.round(this.days * DAY) + zone * 60_000);
  }

  /** @param {number} zone */
  date(zone = ZONE) {
    return this.at(zone).toISOString().slice(0, 10);
  }

  lexical() {
    return this.whole ? this.date() : `${this.at().toISOString().slice(0, -1)}+08:00`;
  }
}

export class Env {
  /**
   * @param {Node} root @param {Map<string, Node>} lists @param {number} now milliseconds
   * @param {Chance} random @param {function(Node, string, string): string} label
   * @param {function(string): string} wording
   */
  constructor(root, lists, now, random, label, wording) {
    Object.assign(this, { root, lists, now, random, label, wording, zone: ZONE, steps: BUDGET });
  }

  /** @param {number} steps */
  spend(steps) {
    this.steps -= steps;
    if (this.steps < 0) throw new EvaluationProblem("too_many_steps");
  }
}

export class Context {
  /** @param {Env} env @param {Node} node */
  constructor(env, node, origin = null, position = 1, size = 1) {
    Object.assign(this, { env, node, origin, position, size });
  }
}


export class Chance {
  /** @param {bigint|number} seed */
  constructor(seed) {
    const words = [0n, 32n, 64n].map((shift) => Number((BigInt(seed) >> shift) & 0xffffffffn));
    [this.a, this.b, this.c] = words;
    this.counter = 1;
    for (let i = 0; i < 12; i++) this.word();
  }

  word() {
    const found = (this.a + this.b + this.counter) >>> 0;
    this.counter = (this.counter + 1) >>> 0;
    this.a = (this.b ^ (this.b >>> 9)) >>> 0;
    this.b = (this.c + (this.c << 3)) >>> 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + found) >>> 0;
    return found;
  }

  random() {
    return this.word() / 4_294_967_296;
  }

  /** @param {number} length */
  letters(length) {
    const letter = () => "abcdefghijklmnopqrstuvwxyz0123456789"[this.word() % 36];
    return Array.from({ length }, letter).join("");
  }

  uuid() {
    const d = Array.from({ length: 4 }, () => this.word().toString(16).padStart(8, "0")).join("");
    const variant = "89ab"[parseInt(d[16], 16) % 4];
    return [d.slice(0, 8), d.slice(8, 12), `4${d.slice(13, 16)}`, variant + d.slice(17, 20),
      d.slice(20)].join("-");
  }
}

export function shuffled(items, seed) {
  const modulus = 2_147_483_647;
  let state = seed % modulus;
  if (state < 0) state += modulus;
  if (state <= 0) state += modulus - 1;
  const found = [];
  items.forEach((item, index) => {
    state = (state * 16_807) % modulus;
    const other = Math.trunc(((state - 1) / (modulus - 1)) * (index + 1));
    found.push(item);
    found[index] = found[other];
    found[other] = item;
  });
  return found;
}


export function unpack(value) {
  if (!Array.isArray(value)) return value;
  if (value.length > 1) throw new EvaluationProblem("several_nodes_as_one_value");
  return value.length ? read(value[0]) : "";
}

export function read(node) {
  const { text, kind } = node;
  if (!text || !kind) return text;
  if (kind === "number") return STORED.test(text) ? Number(text) : text;
  if (kind === "boolean") return text === "1" || text === "true";
  return momentOf(text) ?? text;
}

export function kindOf(value) {
  if (value instanceof Moment) return "date";
  return { boolean: "boolean", string: "" }[typeof value] ?? "number";
}

export function toString(value) {
  const found = unpack(value);
  if (typeof found === "string") return found;
  if (typeof found === "boolean") return String(found);
  return found instanceof Moment ? found.date() : numberText(found);
}

export function numberText(value) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return String(value === 0 ? 0 : value);
  if (size >= 1e-3 && size < 1e7) return String(value);
  const [digits, exponent] = value.toExponential().split("e");
  return `${digits.includes(".") ? digits : `${digits}.0`}E${Number(exponent)}`;
}

export function toNumber(value) {
  const found = unpack(value);
  if (found instanceof Moment) return found.days;
  if (typeof found === "string") return NUMBER.test(found) ? Number(found) : NaN;
  return Number(found);
}

export function toBoolean(value) {
  const found = unpack(value);
  if (typeof found === "string") return found !== "";
  return found instanceof Moment || !(Number(found) === 0 || Number.isNaN(found));
}

export function momentOf(value) {
  const found = unpack(value);
  if (found instanceof Moment) return found;
  if (typeof found !== "string") {
    const number = Number(found);
    return number > -700_000 && number < 2_900_000 ? new Moment(number) : null;
  }
  const number = days(found);
  return number === null ? null : new Moment(number);
}

export function days(text) {
  const found = DATE.exec(text.trim());
  if (!found) return null;
  const [year, month, day] = found.slice(1, 4).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (year < 1 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const number = date.getTime() / DAY;
  return found[4] === undefined ? number : withTime(number, found);
}

function withTime(number, found) {
  const [hour, minute, second] = [found[4], found[5], found[6] ?? 0].map(Number);
  const micro = Number((found[7] ?? "0").padEnd(6, "0").slice(0, 6));
  let offset = found[8] === "Z" ? 0 : ZONE;
  if (found[8] && found[8] !== "Z") {
    const [sign, hours, minutes] = [found[8][0], found[8].slice(1, 3), found[8].slice(-2)];
    if (Number(hours) > 23 || Number(minutes) > 59) return null;
    offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
  }
  if (hour > 23 || minute > 59 || second > 59) return null;
  const seconds = number * 86_400 + hour * 3600 + (minute - offset) * 60 + second;
  return (seconds * 1e6 + micro) / 1e6 / 86_400;
}


/**
 * A function for the AST. EvaluationProblem names an unknown function.
 * @param {Ast} ast @returns {Evaluator}
 */
export function compileAst(ast) {
  const [kind, a, b, c] = ast;
  if (kind === "num" || kind === "str") return () => a;
  if (kind === "neg") {
    const inner = compileAst(a);
    return (context) => -toNumber(inner(context));
  }
  if (kind === "op") return operator(a, compileAst(b), compileAst(c));
  return kind === "call" ? call(a, b) : path(a, b);
}

function operator(symbol, left, right) {
  switch (symbol) {
    case "and": return (c) => toBoolean(left(c)) && toBoolean(right(c));
    case "or": return (c) => toBoolean(left(c)) || toBoolean(right(c));
    case "=": return (c) => equal(left(c), right(c));
    case "!=": return (c) => !equal(left(c), right(c));
    case "|": return (c) => [...left(c), ...right(c)];
  }
  const work = NUMERIC[symbol];
  return (c) => work(toNumber(left(c)), toNumber(right(c)));
}

const NUMERIC = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  div: (a, b) => (b === 0 ? (a === 0 || Number.isNaN(a) ? NaN : Math.sign(a) * Infinity) : a / b),
  mod: (a, b) => a % b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

function equal(left, right) {
  const [a, b] = [unpack(left), unpack(right)];
  if (typeof a === "boolean" || typeof b === "boolean") return toBoolean(a) === toBoolean(b);
  if (typeof a === "number" || typeof b === "number") return toNumber(a) === toNumber(b);
  return toString(a) === toString(b);
}

function call(name, parameters) {
  const work = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : null;
  if (!work) throw new EvaluationProblem(`unknown_function:${name}`);
  const compiled = parameters.map(compileAst);
  return (context) => work(context, ...compiled);
}

function path(base, given) {
  const steps = given.map(([name, tests]) => ({ name, predicates: tests.map(predicate) }));
  if (base === "/") return (c) => walk(c, [c.env.root], steps.slice(1), true);
  if (base === ".") return (c) => walk(c, [c.node], steps, false);
  const start = compileAst(base);
  return (c) => walk(c, start(c), steps, false);
}

/**
 * A condition in brackets. `column = value` with a value that does not depend on the item is
 * looked up in an index of the list instead of being asked of every item.
 */
function predicate(ast) {
  const run = compileAst(ast);
  let column = "";
  let key = null;
  if (ast[0] === "op" && ast[1] === "=") {
    for (const [one, other] of [[ast[2], ast[3]], [ast[3], ast[2]]]) {
      if (isColumn(one) && isSteady(other)) [column, key] = [one[2][0][0], compileAst(other)];
    }
  }
  return (context, nodes, name) => {
    const origin = context.origin ?? context.node;
    if (key && nodes.length && !nodes[0].generic) {
      const value = unpack(key(new Context(context.env, nodes[0], origin)));
      const { parent } = nodes[0];
      if (parent && nodes === parent.named(name) && typeof value === "string") {
        return parent.keyed(name, column).get(value) ?? [];
      }
    }
    context.env.spend(nodes.length);
    return nodes.filter((node, index) => {
      const value = run(new Context(context.env, node, origin, index + 1, nodes.length));
      return typeof value === "number" ? value === index + 1 : toBoolean(value);
    });
  };
}

function isColumn([kind, base, steps]) {
  const simple = kind === "path" && base === "." && steps.length === 1 && !steps[0][1].length;
  return simple && ![".", "..", "*"].includes(steps[0][0]);
}

function isSteady([kind, base]) {
  const current = Array.isArray(base) && base[0] === "call" && base[1] === "current";
  return kind === "str" || (kind === "path" && (base === "/" || current));
}

function walk(context, start, steps, absolute) {
  let nodes = start;
  steps.forEach((step, index) => {
    nodes = stepTo(nodes, step.name);
    context.env.spend(1);
    const last = index === steps.length - 1;
    if (absolute && !step.predicates.length && !last && nodes.length > 1) {
      nodes = ownInstance(context.origin ?? context.node, nodes);
    }
    for (const keep of step.predicates) nodes = keep(context, nodes, step.name);
  });
  return nodes.length && nodes[0].generic ? nodes.filter((node) => node.relevant) : nodes;
}

function stepTo(nodes, name) {
  if (name === ".") return nodes;
  if (name === "..") return [...new Set(nodes.map((n) => n.parent).filter(Boolean))];
  if (name === "*") return nodes.flatMap((node) => node.children);
  return nodes.length === 1 ? nodes[0].named(name) : nodes.flatMap((node) => node.named(name));
}

function ownInstance(node, nodes) {
  const ancestors = new Set();
  for (let here = node; here; here = here.parent) ancestors.add(here);
  const own = nodes.filter((n) => ancestors.has(n));
  return own.length ? own : nodes;
}


const words = (text) => text.split(/\s+/).filter(Boolean);
const letters = (text) => [...text];

const texts = (work) => (c, ...args) => work(...args.map((a) => toString(a(c))));

const numbers = (work) => (c, ...args) => {
  const values = args.map((a) => toNumber(a(c)));
  if (values.some(Number.isNaN)) return NaN;
  const found = work(...values);
  return !Number.isFinite(found) && values.every(Number.isFinite) ? NaN : found;
};

function whole(value) {
  const found = toNumber(value);
  return Number.isFinite(found) ? Math.trunc(found) : 0;
}

function nodesOf(value) {
  if (!Array.isArray(value)) throw new EvaluationProblem("nodes_expected");
  return value;
}

const each = (value) => (Array.isArray(value) ? value.map(read) : [value]);
const allTexts = (c, parts) => parts.flatMap((part) => each(part(c)).map(toString));
const valuesOf = (c, parts) =>
  parts.flatMap((part) => each(part(c)).filter((v) => v !== "").map(toNumber));
const finite = (work) => numbers((a) => (Number.isFinite(a) ? work(a) : NaN));

function substr(c, text, start, end) {
  const source = letters(toString(text(c)));
  const at = (position) => Math.max(position < 0 ? position + source.length : position, 0);
  return source.slice(at(whole(start(c))), end ? at(whole(end(c))) : source.length).join("");
}

function translate(text, old, target) {
  const [from, to] = [letters(old), letters(target)];
  const swap = (letter) => (from.includes(letter) ? to[from.indexOf(letter)] ?? "" : letter);
  return letters(text).map(swap).join("");
}

function regex(text, pattern) {
  if (pattern.length > 500 || text.length > 2000) throw new EvaluationProblem("regex_too_long");
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(`^(?:${pattern})$`, flags).test(text);
    } catch {
      // retried without the unicode flag
    }
  }
  throw new EvaluationProblem("regex_invalid");
}

function round(c, value, digits) {
  const found = toNumber(value(c));
  const scale = 10 ** (digits ? whole(digits(c)) : 0);
  return Number.isFinite(found) ? Math.floor(found * scale + 0.5) / scale : found;
}

function position(c, node) {
  if (!node) return c.position;
  const found = nodesOf(node(c));
  if (!found.length || !found[0].parent) return found.length;
  return 1 + found[0].parent.named(found[0].name).indexOf(found[0]);
}

function pulldata(c, name, column, key, value) {
  const [wanted, field, label] = [value, key, column].map((a) => toString(a(c)));
  for (const root of c.env.lists.get(toString(name(c)))?.children ?? []) {
    for (const item of root.children) {
      if (item.named(field).some((n) => n.text === wanted)) return item.named(label)[0]?.text ?? "";
    }
  }
  return "";
}

function indexedRepeat(c, target, ...pairs) {
  const top = new Context(c.env, c.env.root);
  let nodes = nodesOf(target(top));
  for (let i = 0; i < pairs.length; i += 2) {
    const generic = nodesOf(pairs[i](top))[0]?.generic ?? "";
    const wanted = whole(pairs[i + 1](c));
    nodes = nodes.filter((node) => positionIn(node, generic) === wanted);
  }
  return nodes.slice(0, 1);
}

function positionIn(node, generic) {
  let here = node;
  while (here && here.generic !== generic) here = here.parent;
  return here ? here.position : 0;
}

function toDate(c, value) {
  const found = unpack(value(c));
  if (found === "" || Number.isNaN(found)) return "";
  const moment = momentOf(found);
  if (!moment) throw new EvaluationProblem("date_expected");
  return new Moment(days(moment.date(c.env.zone)));
}

function decimalDateTime(c, value) {
  const found = unpack(value(c));
  const moment = momentOf(found);
  if (!moment) return toNumber(found);
  return moment.whole ? moment.days - 8 / 24 : moment.days;
}

function decimalTime(text) {
  const found = /^(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?/.exec(text);
  return found ? (found[1] * 3600 + found[2] * 60 + Number(found[3] ?? 0)) / 86_400 : NaN;
}

function formatDate(c, value, pattern) {
  const moment = momentOf(value(c));
  if (!moment) return "";
  const at = moment.at(c.env.zone);
  const two = (number) => String(number).padStart(2, "0");
  const known = {
    Y: String(at.getUTCFullYear()).padStart(4, "0"), y: two(at.getUTCFullYear() % 100),
    m: two(at.getUTCMonth() + 1), n: at.getUTCMonth() + 1, b: MONTHS[at.getUTCMonth()],
    d: two(at.getUTCDate()), e: at.getUTCDate(), H: two(at.getUTCHours()), h: at.getUTCHours(),
    M: two(at.getUTCMinutes()), S: two(at.getUTCSeconds()),
    3: String(at.getUTCMilliseconds()).padStart(3, "0"), a: WEEKDAYS[at.getUTCDay()],
  };
  return toString(pattern(c)).replace(/%(.)/g, (all, letter) => String(known[letter] ?? all));
}

function between(c, low, high, ticks) {
  const [least, most] = [toNumber(low(c)), toNumber(high(c))];
  return (least < 0 || ticks >= least) && (most < 0 || ticks <= most);
}

function weighted(c, low, high, ...pairs) {
  let sum = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    if (toBoolean(pairs[i](c))) sum += toNumber(pairs[i + 1](c));
  }
  return between(c, low, high, sum);
}

const EARTH = 6_378_100;
const radians = (text) => {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text ?? "")) {
    throw new EvaluationProblem("points_expected");
  }
  return Number(text) * (Math.PI / 180);
};

function points(value) {
  const parts = each(value).flatMap((v) => toString(v).split(";")).filter((p) => p.trim());
  return parts.map((part) => words(part).slice(0, 2)).map(([x, y]) => [radians(x), radians(y)]);
}

function distance(c, ...places) {
  const all = places.flatMap((place) => points(place(c)));
  return all.slice(1).reduce((sum, b, index) => {
    const a = all[index];
    const half = Math.sin((b[0] - a[0]) / 2) ** 2
      + Math.cos(a[0]) * Math.cos(b[0]) * Math.sin((b[1] - a[1]) / 2) ** 2;
    return sum + 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(half)));
  }, 0);
}

function area(c, shape) {
  const all = points(shape(c));
  if (all.length < 3) return 0;
  const sum = all.reduce((total, a, index) => {
    const b = all[(index + 1) % all.length];
    return total + (b[1] - a[1]) * (2 + Math.sin(a[0]) + Math.sin(b[0]));
  }, 0);
  return Math.abs((sum * EARTH * EARTH) / 2);
}

/** @type {Object<string, function(Context, ...Evaluator): Value>} */
export const FUNCTIONS = {
  "starts-with": texts((a, b) => a.startsWith(b)),
  "ends-with": texts((a, b) => a.endsWith(b)),
  contains: texts((a, b) => a.includes(b)),
  "substring-before": texts((a, b) => a.slice(0, Math.max(a.indexOf(b), 0))),
  "substring-after": texts((a, b) => (a.includes(b) ? a.slice(a.indexOf(b) + b.length) : "")),
  "normalize-space": texts((a) => words(a).join(" ")),
  "string-length": texts((a) => letters(a).length),
  "count-selected": texts((a) => words(a).length),
  "boolean-from-string": texts((a) => a.toLowerCase() === "true" || a === "1"),
  selected: texts((a, b) => ` ${a.trim()} `.includes(` ${b.trim()} `)),
  translate: texts(translate),
  regex: texts(regex),
  "decimal-time": texts(decimalTime),
  floor: finite(Math.floor),
  ceiling: finite(Math.ceil),
  abs: numbers(Math.abs),
  sqrt: numbers(Math.sqrt),
  exp: numbers(Math.exp),
  exp10: numbers((a) => 10 ** a),
  log: numbers(Math.log),
  log10: numbers(Math.log10),
  pow: numbers((a, b) => a ** b),
  pi: () => Math.PI,
  ...Object.fromEntries(
    ["sin", "cos", "tan", "asin", "acos", "atan", "atan2"].map((n) => [n, numbers(Math[n])])),
  string: (c, a) => toString(a(c)),
  number: (c, a) => toNumber(a(c)),
  boolean: (c, a) => toBoolean(a(c)),
  int: (c, a) => Math.trunc(toNumber(a(c))),
  true: () => true,
  false: () => false,
  not: (c, a) => !toBoolean(a(c)),
  if: (c, test, yes, no) => (toBoolean(test(c)) ? yes(c) : no(c)),
  coalesce: (c, first, second) => {
    const found = unpack(first(c));
    return found === "" || Number.isNaN(found) ? second(c) : found;
  },
  once: (c, a) => (c.node.text ? read(c.node) : a(c)),
  concat: (c, ...parts) => allTexts(c, parts).join(""),
  join: (c, separator, ...parts) => {
    const found = allTexts(c, parts);
    return found.join(toString(separator(c)));
  },
  substr,
  "selected-at": (c, a, index) => words(toString(a(c)))[whole(index(c))] ?? "",
  round,
  sum: (c, a) => valuesOf(c, [a]).filter((v) => !Number.isNaN(v)).reduce((x, y) => x + y, 0),
  max: (c, ...a) => [...valuesOf(c, a), NaN].reduce((x, y) => (y > x ? y : x)),
  min: (c, ...a) => [...valuesOf(c, a), NaN].reduce((x, y) => (y < x ? y : x)),
  count: (c, a) => nodesOf(a(c)).length,
  "count-non-empty": (c, a) => nodesOf(a(c)).filter((n) => n.text || n.children.length).length,
  position,
  last: (c) => c.size,
  current: (c) => [c.origin ?? c.node],
  instance: (c, name) => {
    const found = c.env.lists.get(toString(name(c)));
    if (!found) throw new EvaluationProblem("list_missing");
    return [found];
  },
  pulldata,
  "indexed-repeat": indexedRepeat,
  "jr:choice-name": (c, a, where) => {
    const chosen = toString(a(c));
    return chosen ? c.env.label(c.node, toString(where(c)).trim(), chosen) : "";
  },
  "jr:itext": (c, key) => c.env.wording(toString(key(c))),
  randomize: (c, nodes, seed) => {
    const number = seed ? whole(seed(c)) : c.env.random.word();
    return shuffled(nodesOf(nodes(c)), number);
  },
  random: (c) => c.env.random.random(),
  uuid: (c, length) =>
    length ? c.env.random.letters(Math.max(0, Math.min(whole(length(c)), 200))) : c.env.random.uuid(),
  version: (c) => toString(c.env.root.named("@version")),
  today: (c) => new Moment(Math.floor((c.env.now + c.env.zone * 60_000) / DAY)),
  now: (c) => new Moment(c.env.now / 1000 / 86_400),
  date: toDate,
  "date-time": toDate,
  "decimal-date-time": decimalDateTime,
  "format-date": formatDate,
  "format-date-time": formatDate,
  checklist: (c, low, high, ...tests) =>
    between(c, low, high, tests.filter((test) => toBoolean(test(c))).length),
  "weighted-checklist": weighted,
  distance,
  area,
};
