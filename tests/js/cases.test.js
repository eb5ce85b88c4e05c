/** The cases both engines are specified by: tests/cases/*.json, also read by pytest. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Definition, NewerFormat } from "../../surveys/static/surveys/engine/definition.js";
import { Context, Moment, compileAst } from "../../surveys/static/surveys/engine/expressions.js";
import { Interview } from "../../surveys/static/surveys/engine/interview.js";

const read = (name) => JSON.parse(readFileSync(new URL(`../cases/${name}`, import.meta.url), "utf8"));

function told(value) {
  if (Array.isArray(value)) return { nodes: value.map((n) => n.text) };
  if (value instanceof Moment) return { date: value.lexical() };
  if (typeof value !== "number") return { value };
  return { number: Number.isFinite(value) ? value : String(value) };
}

const expressions = read("expressions.json");
for (const { expression, ast, ...expected } of expressions.cases) {
  test(expression, () => {
    const interview = new Interview(
      new Definition(expressions.form), expressions.answers, { now: Date.parse(expressions.now) });
    const found = told(compileAst(ast)(new Context(interview.env, interview.root)));
    assert.equal(found.number === 0 ? 0 : found.number, expected.number);
    assert.deepEqual({ ...found, number: 0 }, { ...expected, number: 0 });
  });
}

test("an interview, step by step", () => {
  const { form, now, cases } = read("interview.json");
  const interview = new Interview(new Definition(form), {}, { now: Date.parse(now) });
  for (const step of cases) {
    for (const [path, value] of Object.entries(step.set)) interview.set(path, value);
    assert.deepEqual(interview.answers, step.answers);
    assert.deepEqual(interview.pages().map((p) => p.items.map((i) => i.path)), step.pages);
    assert.deepEqual(interview.problems().map((p) => [p.code, p.path]), step.problems);
    assert.deepEqual(interview.choices("/data/town").map((c) => c.name), step.towns);
  }
});

test("a bundle of a newer format is refused by name", () => {
  assert.throws(() => new Definition({ ...expressions.form, format: 99 }), NewerFormat);
});
