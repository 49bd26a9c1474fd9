import * as z from 'zod/mini';
import { FIELDS } from './fields.ts';
import type { FieldDescription } from './special-fields.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Builds the reference to a named schema. */
export const referTo = (id: string) => `#/components/schemas/${id}`;

type Direction = 'input' | 'output';

/**
 * Converts named schemas to JSON schemas. A named schema inside another schema becomes a reference. Each field gets its description.
 *
 * @param direction `input`: the schemas describe what a client sends, before we decode it; no other field is accepted. `output`:
 *   they describe what we answer; a client has to expect further fields.
 */
export function toJsonSchemas(
  schemas: Readonly<Record<string, z.ZodMiniType>>,
  direction: Direction,
): Readonly<Record<string, Json>> {
  const named = z.registry<{ readonly id: string }>();
  for (const [id, schema] of Object.entries(schemas)) named.add(schema, { id });
  const converted = z.toJSONSchema(named, { io: direction, uri: referTo, unrepresentable: 'any' });
  return Object.fromEntries(
    Object.entries(converted.schemas).map(([id, schema]) => [id, toOpenApi(schema, [id], direction)]),
  );
}

const SchemaNode = z.looseObject({
  properties: z.optional(z.record(z.string(), z.unknown())),
  items: z.optional(z.unknown()),
  anyOf: z.optional(z.array(z.unknown())),
  oneOf: z.optional(z.array(z.unknown())),
});

/**
 * Describes the fields of a schema, lets an answer have further fields, and removes what OpenAPI does not need.
 *
 * @param path the name of the component, then the names of the fields that lead to this schema.
 */
function toOpenApi(given: unknown, path: readonly string[], direction: Direction): Json {
  const { $schema: _, $id: __, ...node } = SchemaNode.parse(given);
  const { properties, items, anyOf, oneOf, ...rest } = node;
  const convert = (part: unknown) => toOpenApi(part, path, direction);
  return {
    ...removeRedundancy(rest, direction),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, schema]) => [
          name,
          describeField(toOpenApi(schema, [...path, name], direction), [...path, name]),
        ]),
      ),
    }),
    ...(items !== undefined && { items: convert(items) }),
    ...(anyOf && { anyOf: anyOf.map(convert) }),
    ...(oneOf && { oneOf: oneOf.map(convert) }),
  };
}

/**
 * Removes a pattern that repeats the format, and patterns with Unicode properties, which few tools understand. A local time keeps
 * its pattern and loses its format, because OpenAPI has no such format.
 */
function removeRedundancy(schema: Json, direction: Direction): Json {
  const { additionalProperties, format, pattern: given, ...rest } = schema;
  const pattern = typeof given === 'string' && !given.includes('\\p{') ? given : undefined;
  const isTime = format === 'time';
  return {
    ...rest,
    ...(format !== undefined && !isTime && { format }),
    ...(pattern !== undefined && (format === undefined || isTime) && { pattern }),
    ...(additionalProperties !== undefined &&
      (direction === 'input' || additionalProperties !== false) && { additionalProperties }),
  };
}

/** Finds the description of a field: the one for its whole path, or else the one for all fields with its name. */
export function findField(path: readonly string[]): FieldDescription | undefined {
  const name = path.at(-1) ?? '';
  return FIELDS[path.join('.')] ?? FIELDS[name];
}

/** Adds the description of a field, and its example if the schema accepts the example. */
function describeField(schema: Json, path: readonly string[]): Json {
  const field = findField(path);
  if (!field) return schema;
  const { description, example, schema: addition = {} } = field;
  return {
    ...addToTexts(schema, addition),
    description,
    ...(example !== undefined && accepts(schema, example) && { examples: [example] }),
  };
}

/** Adds parts that the decoding schema of a text does not show, such as a format. Among choices, only texts get the parts. */
function addToTexts(schema: Json, addition: Json): Json {
  if (Array.isArray(schema['anyOf']))
    return { ...schema, anyOf: schema['anyOf'].map((choice) => addToTexts(SchemaNode.parse(choice), addition)) };
  return typesOf(schema).includes('string') ? { ...schema, ...addition } : schema;
}

const typesOf = ({ type }: Json): readonly unknown[] => (Array.isArray(type) ? type : [type]);

/** The types of JSON Schema by the types of JavaScript. */
const TYPES: Readonly<Record<string, readonly unknown[]>> = {
  string: ['string'],
  boolean: ['boolean'],
  number: ['number', 'integer'],
};

/** Checks whether an example fits a schema, by its type, its constants and its choices. */
function accepts(schema: Json, example: unknown): boolean {
  const { anyOf, enum: values, const: only } = schema;
  if (only !== undefined) return only === example;
  if (Array.isArray(anyOf)) return anyOf.some((choice) => accepts(SchemaNode.parse(choice), example));
  if (Array.isArray(values)) return values.includes(example);
  const types = typesOf(schema);
  if (example === null) return types.includes('null');
  if (Array.isArray(example)) return types.includes('array');
  return TYPES[typeof example]?.some((type) => types.includes(type)) ?? true;
}
