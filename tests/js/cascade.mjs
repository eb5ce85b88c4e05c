/**
 * Times the filter of a long list: node cascade.mjs BUNDLE.json ROUNDS -> JSON list of milliseconds.
 */
import { readFileSync } from "node:fs";
import { Definition } from "../../surveys/static/surveys/engine/definition.js";
import { Interview } from "../../surveys/static/surveys/engine/interview.js";

const definition = new Definition(JSON.parse(readFileSync(process.argv[2], "utf8")));
const interview = new Interview(definition, {}, { now: Date.now() });
const times = [];
for (let town = 0; town < Number(process.argv[3]); town += 1) {
  interview.set("/data/town", `t${town}`);
  const start = performance.now();
  const found = interview.choices("/data/village");
  times.push(performance.now() - start);
  if (found.length !== 100) throw new Error(`${found.length} villages`);
}
console.log(JSON.stringify(times));
