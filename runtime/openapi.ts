import { z } from 'zod';
import type { Route } from './route.ts';

interface ApiFacts {
  name: string;
  version: string;
  routes: readonly Route[];
}

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'message'],
        properties: { pointer: { type: 'string' }, code: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

/** Writes the OpenAPI 3.1 document of an API from the schemas that validate its requests. */
export function openApiDocument(api: ApiFacts): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of api.routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: `Millrace ${api.name}`, version: api.version },
    paths,
    components: {
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Problem: problemSchema },
    },
  };
}

function operation(route: Route): object {
  const body = route.body;
  return {
    operationId: route.operationId,
    summary: route.summary,
    parameters: [
      ...parameters(route.params, 'path'),
      ...parameters(route.query, 'query'),
      ...headerParameters(route.headers),
    ],
    ...(body && {
      requestBody: {
        required: true,
        content: Object.fromEntries(
          (body.types ?? ['application/json']).map((type) => [type, { schema: schemaOf(body.schema, 'input') }]),
        ),
      },
    }),
    ...(route.policy !== 'public' && {
      security: [{ accessToken: route.policy === 'person' ? [] : [route.policy.scope] }],
    }),
    responses: responses(route),
  };
}

function responses(route: Route): object {
  const declared = Object.entries(route.responses).map(([status, rule]) => {
    const type = rule.type ?? 'application/json';
    const others = (rule.alsoAs ?? []).map((other) => [other, { schema: { type: 'string' } }]);
    const content = rule.schema
      ? { [type]: { schema: schemaOf(rule.schema, 'output') }, ...Object.fromEntries(others) }
      : rule.type && { [type]: { schema: { type: 'string' } } };
    return [status, { description: rule.description, ...(content && { content }) }];
  });
  const problem = {
    description: 'What is wrong and how to mend it (RFC 9457).',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  return { ...Object.fromEntries(declared), '4XX': problem, 503: problem };
}

function parameters(schema: z.ZodObject | undefined, place: 'path' | 'query'): object[] {
  if (!schema) return [];
  const whole = schemaOf(schema, 'input') as { properties?: Record<string, object>; required?: string[] };
  return Object.entries(whole.properties ?? {}).map(([name, part]) => ({
    name,
    in: place,
    required: place === 'path' || (whole.required ?? []).includes(name),
    schema: part,
  }));
}

const headerParameters = (rules: Route['headers'] = {}): object[] =>
  Object.entries(rules).map(([name, { description, isRequired = false, pattern }]) => ({
    name,
    in: 'header',
    description,
    required: isRequired,
    schema: { type: 'string', ...(pattern !== undefined && { pattern }) },
  }));

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
