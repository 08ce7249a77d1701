// Runs dependency-cruiser over src/ and asserts that it saw every module: under some TypeScript versions it silently
// cruises none and then reports no violation.
import { readdirSync } from 'node:fs';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import config from '../.dependency-cruiser.mjs';

const { forbidden, options } = config;
const { output } = await cruise(
  ['src'],
  { ruleSet: { forbidden, options }, ...options, validate: true },
  undefined,
  { tsConfig: extractTSConfig('./tsconfig.json') },
);
const expected = readdirSync('src', { recursive: true }).filter((name) => name.endsWith('.ts')).length;
const cruised = output.modules.filter((module) => module.source.startsWith('src/')).length;
for (const { rule, from, to } of output.summary.violations) console.error(`${rule.name}: ${from} → ${to}`);
if (cruised !== expected) console.error(`cruised ${cruised} of ${expected} modules`);
if (output.summary.violations.length > 0 || cruised !== expected || expected === 0) process.exit(1);
console.log(
  `layers: ${cruised} modules, ${output.summary.totalDependenciesCruised} dependencies, no violation`,
);
