// The manifests of deploy/kubernetes as kustomize puts them together.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

// The YAML documents of a file, in the dialect of kubectl: 0440 is octal. Throws, with the line, on
// what is no YAML.
function readDocuments(path) {
  return parseAllDocuments(readFileSync(path, "utf8"), { version: "1.1" }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors[0].message}`);
    return document.toJS();
  });
}

// The values of a configuration of "name = value" lines.
export function parseConfiguration(text) {
  const values = {};
  for (const line of text.split("\n")) {
    const match = /^(\w+) *= *(.*)$/.exec(line);
    if (match) values[match[1]] = JSON.parse(match[2]);
  }
  return values;
}

// {objects, configuration}: what kustomization.yaml in the folder names, with the ConfigMaps that it
// makes, and the values of springboard.toml.
export function readManifests(folder) {
  const [kustomization] = readDocuments(join(folder, "kustomization.yaml"));
  const objects = kustomization.resources.flatMap((file) => readDocuments(join(folder, file)));
  for (const { name, files } of kustomization.configMapGenerator) {
    const data = Object.fromEntries(
      files.map((file) => [file, readFileSync(join(folder, file), "utf8")]),
    );
    objects.push({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
  }
  return { objects, configuration: parseConfiguration(configurationOf(objects)) };
}

export function configurationOf(objects) {
  return objects.find((object) => object.kind === "ConfigMap").data["springboard.toml"];
}
