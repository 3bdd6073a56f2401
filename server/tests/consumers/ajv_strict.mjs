// Compiles every schema of a tool list, which is read from stdin, in Ajv's strict mode. Prints what it refuses, as JSON.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.argv[2]}/`);
const Ajv = require("ajv/dist/2020.js").default;
const refused = {};
for (const tool of JSON.parse(readFileSync(0, "utf8"))) {
  for (const schema of ["inputSchema", "outputSchema"]) {
    const said = [];
    const logger = { log: () => {}, warn: (text) => said.push(text), error: (text) => said.push(text) };
    try {
      new Ajv({ strict: true, strictRequired: true, logger }).compile(tool[schema]);
    } catch (error) {
      said.push(error.message);
    }
    if (said.length > 0) refused[`${tool.name}.${schema}`] = said;
  }
}
console.log(JSON.stringify(refused));
