import * as z from 'zod/mini';

/** The keywords of JSON Schema that the API's description uses and this file can translate. */
const Schema = z.looseObject({
  $ref: z.optional(z.string()),
  const: z.optional(z.unknown()),
  enum: z.optional(z.array(z.unknown())),
  type: z.optional(z.union([z.string(), z.array(z.string())])),
  properties: z.optional(z.record(z.string(), z.unknown())),
  required: z.optional(z.array(z.string())),
  items: z.optional(z.unknown()),
  anyOf: z.optional(z.array(z.unknown())),
  oneOf: z.optional(z.array(z.unknown())),
  allOf: z.optional(z.array(z.unknown())),
});

const Content = z.optional(z.record(z.string(), z.looseObject({ schema: z.optional(z.unknown()) })));

const Operation = z.looseObject({
  parameters: z.optional(
    z.array(
      z.looseObject({ name: z.string(), in: z.string(), required: z.optional(z.boolean()), schema: z.unknown() }),
    ),
  ),
  requestBody: z.optional(z.looseObject({ content: Content })),
  responses: z.record(z.string(), z.looseObject({ content: Content })),
});
type Operation = z.output<typeof Operation>;

const Document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});

/**
 * Writes the API's description as TypeScript: a type for each component, and `Operations`, the types that each route accepts and
 * answers. The members' page is compiled with these types, so a change of the API that breaks the page is found at once.
 */
export function describeInTypeScript(document: unknown): string {
  const { paths, components } = Document.parse(document);
  const types = Object.entries(components.schemas).map(([name, schema]) => `export type ${name} = ${toType(schema)};`);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      // The page sends no HEAD request.
      .filter(([method]) => method !== 'head')
      .map(([method, operation]) => `  '${method.toUpperCase()} ${path}': ${toOperationType(operation)};`),
  );
  return [
    '// Written by `npm run check` from the API’s description. Do not edit.',
    ...types,
    'export interface Operations {',
    ...operations,
    '}',
    '',
  ].join('\n');
}

/** Writes the type of an operation: its path, query, body and answer. */
function toOperationType({ parameters = [], requestBody, responses }: Operation): string {
  const parametersType = (location: string) =>
    toObjectType(
      parameters
        .filter((parameter) => parameter.in === location)
        .map(({ name, required = false, schema }) => ({ name, required, type: toType(schema) })),
    );
  const body = toBodyType(requestBody?.content);
  const answers = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content }]) => toBodyType(content));
  return toObjectType([
    { name: 'path', required: true, type: parametersType('path') },
    { name: 'query', required: true, type: parametersType('query') },
    { name: 'body', required: true, type: body },
    { name: 'answer', required: true, type: [...new Set(answers)].join(' | ') },
  ]);
}

/** Writes the type of a JSON body; `undefined` if there is none. */
const toBodyType = (content: z.output<typeof Content>): string => {
  const json = content?.['application/json'];
  return json ? toType(json.schema) : 'undefined';
};

type Field = { readonly name: string; readonly required: boolean; readonly type: string };

const toObjectType = (fields: readonly Field[]): string =>
  fields.length === 0
    ? '{}'
    : `{ ${fields.map(({ name, required, type }) => `${JSON.stringify(name)}${required ? '' : '?'}: ${type}`).join('; ')} }`;

/** Converts a JSON schema to a type. An absent schema allows any value. */
function toType(jsonSchema: unknown): string {
  const schema = Schema.parse(jsonSchema ?? {});
  const { $ref, anyOf, oneOf, allOf, properties = {}, required = [] } = schema;
  if ($ref !== undefined) return $ref.split('/').at(-1) ?? 'unknown';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = anyOf ?? oneOf;
  if (choices) return `(${choices.map(toType).join(' | ')})`;
  if (allOf) return `(${allOf.map(toType).join(' & ')})`;
  const types = [schema.type ?? 'unknown'].flat();
  const fields = Object.entries(properties).map(([name, property]) => ({
    name,
    required: required.includes(name),
    type: toType(property),
  }));
  return types.map((type) => toNamedType(type, fields, schema.items)).join(' | ');
}

/** Writes one of the types that JSON Schema names. */
function toNamedType(type: string, fields: readonly Field[], items: unknown): string {
  if (type === 'object') return toObjectType(fields);
  if (type === 'array') return `(${toType(items)})[]`;
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'string' || type === 'boolean' || type === 'null') return type;
  return 'unknown';
}
