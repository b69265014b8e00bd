// Compares what deploy/ and the hub grant with what our programs asked of real control planes in the last run of
// `npm run e2e -- --on real` (or `npm test`): npm run rbac-audit [-- --json]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createChildRoles } from '../../packages/hub/src/approval/child-roles.ts';
import { parseYaml, parseYamlDocuments } from '../../packages/kube-data/src/yaml.ts';
import { compareRules, expandRules } from '../rbac/rules.mjs';
import { rbacRecordFolder } from './rbac-record.mjs';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

const rolesIn = (file, names) =>
  parseYamlDocuments(readFileSync(file, 'utf8'))
    .filter(({ kind, metadata }) => /Role$/.test(kind) && names.includes(metadata.name))
    .flatMap(({ rules }) => rules);

/** Placeholders: names that each child has of its own are compared as such. */
const child = createChildRoles({
  clusterId: 'ID',
  requestName: 'NAME',
  namespace: 'NS',
  serviceAccount: 'SA',
});
const anyName = ({ resourceNames: [name] = [], ...rule }) =>
  name === 'ID' || name === 'NAME'
    ? rule
    : { ...rule, ...(name === undefined ? {} : { resourceNames: [name] }) };

const granted = [
  ...expandRules(
    'hub',
    rolesIn('deploy/hub/clusternet_hub_rbac.yaml', [
      'clusternet:hub',
      'clusternet:hub:leases',
      'clusternet:hub:templates',
    ]),
  ),
  ...expandRules('agent', rolesIn('deploy/agent/clusternet_agent_rbac.yaml', ['clusternet:agent'])),
  ...expandRules('child', [...child.clusterRole.rules.map(anyName), ...child.role.rules]),
  ...expandRules('child', rolesIn('deploy/hub/clusternet_hub_rbac.yaml', ['clusternet:hub-address'])),
];
const declared = parseYaml(readFileSync('tools/rbac/declared.yaml', 'utf8')).flatMap(
  ({ role, reason, through, ...rule }) =>
    expandRules(role, [rule]).map((cell) => ({ ...cell, reason, through })),
);
const used = existsSync(rbacRecordFolder)
  ? readdirSync(rbacRecordFolder).flatMap((file) =>
      JSON.parse(readFileSync(join(rbacRecordFolder, file), 'utf8')),
    )
  : [];
if (used.length === 0) {
  console.error('rbac-audit: nothing is recorded; run: npm run e2e -- --on real');
  process.exit(2);
}

const nameOf = (group, resource) => (group === '' ? resource : `${resource}.${group}`);
const { unused, missing, stale } = compareRules(granted, used, declared);
const merged = new Map();
for (const cell of used) {
  const key = [cell.role, cell.group, cell.resource].join(' ');
  merged.set(key, new Set([...(merged.get(key) ?? []), cell.verb]));
}
if (values.json) console.log(JSON.stringify({ unused, missing, stale }));
else {
  for (const role of ['hub', 'child', 'agent']) {
    console.log(`\n${role}`);
    for (const [key, verbs] of [...merged].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const [name, group, resource] = key.split(' ');
      if (name === role)
        console.log(`  ${nameOf(group, resource).padEnd(60)} ${[...verbs].sort().join(' ')}`);
    }
  }
  const show = (title, cells) => {
    if (cells.length > 0) console.log(`\n${title}`);
    const lines = cells.map(({ role, verb, group, resource, names, isDenied }) => {
      const of = names.length === 0 ? '' : ` (${names.slice(0, 3).join(', ')})`;
      return `  ${role}: ${verb} ${nameOf(group, resource)}${of}${isDenied === true ? ', which was refused' : ''}`;
    });
    for (const line of new Set(lines)) console.log(line);
  };
  show('granted, not used and not declared in tools/rbac/declared.yaml', unused);
  show('used, and not granted', missing);
  show('declared in tools/rbac/declared.yaml, and not granted', stale);
}
const count = unused.length + missing.length + stale.length;
console.error(
  `rbac-audit: ${granted.length} rights granted, ${declared.length} declared, ${count} differences`,
);
process.exitCode = count === 0 ? 0 : 1;
