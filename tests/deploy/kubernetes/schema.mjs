// Objects against Kubernetes' own schemas (1.27), as the package kubernetes-models has them: values
// by its validators, which let fields pass that they do not know, and names of fields by its types.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";

const require = createRequire(import.meta.url);

function name(object) {
  return `${object.kind} ${object.metadata?.name}`;
}

function valueErrors(object) {
  let model;
  try {
    model = require(`kubernetes-models/${object.apiVersion}`)[object.kind];
  } catch {
    model = undefined;
  }
  if (model === undefined) return [`there is no ${object.apiVersion} ${object.kind}`];
  try {
    new model(object).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

// A module that says of each object that it is of its kind's type, and nothing else.
function asModule(object) {
  return (
    `import type { I${object.kind} } from "kubernetes-models/${object.apiVersion}";\n` +
    `export const object: I${object.kind} = ${JSON.stringify(object, null, 2)};\n`
  );
}

// For each object the errors of the compiler.
function fieldErrors(objects) {
  const folder = dirname(dirname(dirname(require.resolve("kubernetes-models"))));
  const modules = new Map(
    objects.map((object, i) => [join(folder, `object${i}.ts`), asModule(object)]),
  );
  const options = {
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    noEmit: true,
    skipLibCheck: true,
    strict: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => modules.has(path) || fileExists(path);
  host.readFile = (path) => modules.get(path) ?? readFile(path);
  host.getSourceFile = (path, version, ...rest) =>
    modules.has(path)
      ? ts.createSourceFile(path, modules.get(path), version)
      : getSourceFile(path, version, ...rest);
  const program = ts.createProgram([...modules.keys()], options, host);
  return [...modules.keys()].map((path) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(path))
      .map((diagnostic) => ts.flattenDiagnosticMessageText(diagnostic.messageText, " ")),
  );
}

// What is wrong with each list of objects.
export function schemaErrors(lists) {
  const known = lists.map((objects) => objects.filter((one) => valueErrors(one).length === 0));
  const ofFields = fieldErrors(known.flat());
  let next = 0;
  return lists.map((objects, i) => [
    ...objects.flatMap((one) => valueErrors(one).map((text) => `${name(one)}: ${text}`)),
    ...known[i].flatMap((one) => ofFields[next++].map((text) => `${name(one)}: ${text}`)),
  ]);
}
