/**
 * Replays scenarios in the JavaScript engine, for comparison with Python.
 *
 *   node replay.mjs JOBS.json   ->   JSON on standard output
 *
 * JOBS.json: {now, forms: {name: bundle}, jobs: [{form, answers}]}. Per job the leaves as
 * {path: [relevant, required, constraint, value, choices]} and pages, or an error.
 */
import { readFileSync } from "node:fs";
import { Definition } from "../../surveys/static/surveys/engine/definition.js";
import { EvaluationProblem } from "../../surveys/static/surveys/engine/expressions.js";
import { Interview } from "../../surveys/static/surveys/engine/interview.js";

const given = JSON.parse(readFileSync(process.argv[2], "utf8"));
const forms = new Map(Object.entries(given.forms).map(([k, v]) => [k, new Definition(v)]));

function replay(interview, lines) {
  let walked = false;
  for (const line of lines.split("\n")) {
    const [path, value = ""] = line.split("\t");
    if (path === "#REP") {
      interview.walk();
      walked = true;
    } else if (path && !(walked && !interview.find(path))) {
      interview.set(path, value);
    }
  }
}

function facts(definition, interview) {
  const leaves = {};
  for (const node of interview.root.leaves()) {
    const { path, generic } = node;
    const choices = definition.questions.has(generic) ? interview.choices(path) : [];
    leaves[path] = [node.relevant ? "1" : "0", interview.required(path) ? "1" : "0",
      interview.constraint(path), node.value.replaceAll("\n", "\\n").replaceAll("\t", " "),
      choices.map((c) => c.name).join(" ")];
  }
  const pages = interview.pages().map((page) => page.items.map((item) => item.path).join(" "));
  const problems = interview.problems().map((p) => `${p.code} ${p.path}`);
  return { leaves, pages, problems };
}

const found = given.jobs.map(({ form, answers }) => {
  const definition = forms.get(form);
  try {
    const interview = new Interview(definition, {}, { now: given.now, firstLoad: true, grow: false });
    replay(interview, answers);
    return facts(definition, interview);
  } catch (error) {
    if (error instanceof EvaluationProblem) return { error: error.message };
    throw error;
  }
});
process.stdout.write(JSON.stringify(found));
