// node check.mjs FOLDER: checks Kubernetes' manifests, and that the checks would find what could be
// wrong with them. Exit code 1, and a line for each error, if not.

import { ruleFaults, schemaFaults } from "./faults.mjs";
import { readManifests } from "./manifests.mjs";
import { ruleErrors } from "./rules.mjs";
import { schemaErrors } from "./schema.mjs";

function withFault(manifests, [, inject]) {
  const faulty = structuredClone(manifests);
  inject(faulty);
  return faulty;
}

// A line for each fault that no error tells.
function unseen(faults, errors) {
  return faults.flatMap(([words], i) =>
    errors[i].some((error) => error.includes(words))
      ? []
      : [`the checks do not say "${words}" of a fault in faults.mjs, but: ${errors[i]}`],
  );
}

const folder = process.argv[2];
const manifests = readManifests(folder);
const [own, ...ofSchemaFaults] = schemaErrors([
  manifests.objects,
  ...schemaFaults.map((fault) => withFault(manifests, fault).objects),
]);
const ofRuleFaults = ruleFaults.map((fault) => ruleErrors(withFault(manifests, fault)));
const errors = [
  ...[...own, ...ruleErrors(manifests)].map((error) => `${folder}: ${error}`),
  ...unseen(schemaFaults, ofSchemaFaults),
  ...unseen(ruleFaults, ofRuleFaults),
];
for (const error of errors) console.error(`check-deploy: ${error}`);
if (errors.length > 0) process.exit(1);
const faults = schemaFaults.length + ruleFaults.length;
const count = manifests.objects.length;
console.log(`kubernetes: ${count} objects are valid, ${faults} of ${faults} faults found`);
