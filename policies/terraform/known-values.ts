import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { jsonText } from '@millrace/catalog/json-text.ts';
import { services } from '@millrace/catalog/services.ts';
import { terraformInputs } from '@millrace/catalog/terraform-inputs.ts';

/** Terraform's format, which is checked, puts the arguments of the module and the attributes of a value at these columns. */
const block = /^ {2}(\w+) += \{\n([\s\S]*?)^ {2}\}$/gm;
const inline = /^ {2}(\w+) += \{ (.*) \}$/gm;
const variable = /^variable "(\w+)" \{\n([\s\S]*?)^\}$/gm;
const attribute = /^ {4}(\w+) +=/gm;

/**
 * Attributes in an environment's main.tf that no value of the platform has. Terraform drops what an object type does not
 * name, so a misspelt optional one would be lost in silence.
 */
export function unknownValues(values: string, environment: string): string[] {
  const known = new Map([...values.matchAll(variable)].map(([, name = '', body = '']) => [name, namesIn(body)]));
  const written = [
    ...[...environment.matchAll(block)].map(([, name = '', body = '']) => ({ name, attributes: namesIn(body) })),
    ...[...environment.matchAll(inline)].map(([, name = '', body = '']) => ({
      name,
      attributes: [...body.matchAll(/(?:^|, )(\w+) += /g)].map(([, each = '']) => each),
    })),
  ];
  return written.flatMap(({ name, attributes }) => {
    const names = known.get(name) ?? [];
    return attributes
      .filter((each) => !names.includes(each))
      .map((each) => `${name} has no "${each}". It has ${names.join(', ')}.`);
  });
}

/** What a file of variables says of the catalog's type. An attribute that one level left out would be dropped there in silence. */
const catalogType = (variables: string): string | undefined =>
  /^variable "catalog" \{\n[\s\S]*?^\}$/m.exec(variables)?.[0];

const namesIn = (body: string): string[] => [...body.matchAll(attribute)].map(([, name = '']) => name);

/** The same for a folder of sources, and whether the environment's inputs are those of the catalog. */
export function valueFaults(folder: string, environment: EnvironmentName): string[] {
  const at = `terraform/environments/${environment}`;
  const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
  const unknown = unknownValues(read('modules/platform/values.tf'), read(`environments/${environment}/main.tf`));
  const inputs = `environments/${environment}/catalog.auto.tfvars.json`;
  const isCurrent = read(inputs) === jsonText(terraformInputs(environment, services));
  const isSameType =
    catalogType(read(`environments/${environment}/variables.tf`)) ===
    catalogType(read('modules/platform/variables.tf'));
  return [
    ...(isSameType ? [] : [`${at}/variables.tf: "catalog" is not typed as in modules/platform. Copy it from there.`]),
    ...unknown.map((message) => `${at}/main.tf: ${message}`),
    ...(isCurrent ? [] : [`terraform/${inputs}: E102 is not what the catalog says. Run "make docs".`]),
  ];
}
