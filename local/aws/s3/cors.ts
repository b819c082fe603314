import type { S3Request } from './request.ts';
import { malformedXml, S3Error } from './s3-error.ts';
import type { Element } from './xml.ts';
import { parseXml, renderXml, textsOf } from './xml.ts';

export interface CorsRule {
  id: string | undefined;
  origins: string[];
  methods: string[];
  headers: string[];
  exposed: string[];
  maxAgeSeconds: number | undefined;
}

const maxRules = 100;
const methods = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'];

/** Reads a CORSConfiguration. Throws MalformedXML and InvalidRequest. */
export function parseCors(text: string): CorsRule[] {
  const rules = parseXml(text, 'CORSConfiguration').children.map((element) => {
    if (element.name !== 'CORSRule') throw malformedXml();
    return ruleOf(element);
  });
  if (rules.length === 0 || rules.length > maxRules) throw malformedXml();
  return rules;
}

function ruleOf(element: Element): CorsRule {
  const rule = {
    id: textsOf(element, 'ID')[0],
    origins: textsOf(element, 'AllowedOrigin'),
    methods: textsOf(element, 'AllowedMethod'),
    headers: textsOf(element, 'AllowedHeader'),
    exposed: textsOf(element, 'ExposeHeader'),
    maxAgeSeconds: textsOf(element, 'MaxAgeSeconds').map(Number)[0],
  };
  const { maxAgeSeconds: seconds } = rule;
  if (rule.origins.length === 0 || rule.methods.length === 0) throw malformedXml();
  if (seconds !== undefined && (!Number.isInteger(seconds) || seconds < 0)) throw malformedXml();
  const unknown = rule.methods.find((method) => !methods.includes(method));
  if (unknown !== undefined) {
    throw invalidRequest(`Found unsupported HTTP method in CORS config. Unsupported method is ${unknown}`);
  }
  const wild = [...rule.origins, ...rule.headers].find((pattern) => pattern.split('*').length > 2);
  if (wild !== undefined) throw invalidRequest(`"${wild}" can not have more than one wildcard.`);
  if (rule.exposed.some((name) => !/^[A-Za-z0-9-]+$/.test(name))) {
    throw invalidRequest('ExposeHeader contains a wildcard or is not the name of a header.');
  }
  return rule;
}

const invalidRequest = (message: string): S3Error => new S3Error(400, 'InvalidRequest', message);

/** The configuration as it was put. */
export const renderCors = (rules: readonly CorsRule[]): string =>
  renderXml(
    'CORSConfiguration',
    {
      CORSRule: rules.map((rule) => ({
        ID: rule.id,
        AllowedOrigin: rule.origins,
        AllowedMethod: rule.methods,
        AllowedHeader: rule.headers,
        ExposeHeader: rule.exposed,
        MaxAgeSeconds: rule.maxAgeSeconds,
      })),
    },
    { hasNamespace: true },
  );

/** Answers the question of a browser whether it may send a request. Throws AccessForbidden. */
export function preflight(request: S3Request, rules: readonly CorsRule[] | undefined): Record<string, string> {
  const origin = request.header('origin');
  const method = request.header('access-control-request-method');
  if (origin === undefined) throw badRequest('Insufficient information. Origin request header needed.');
  if (method === undefined) throw badRequest('Invalid Access-Control-Request-Method: null');
  if (rules === undefined) throw forbidden('CORSResponse: CORS is not enabled for this bucket.', method);
  const names = (request.header('access-control-request-headers') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  const rule = rules.find(
    (one) =>
      one.methods.includes(method) &&
      one.origins.some((pattern) => isLike(pattern, origin)) &&
      names.every((name) => one.headers.some((pattern) => isLike(pattern.toLowerCase(), name))),
  );
  if (rule === undefined) {
    throw forbidden(
      "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
      method,
    );
  }
  return {
    ...answerHeaders(rule, origin),
    ...(names.length > 0 && { 'access-control-allow-headers': names.join(', ') }),
    ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.maxAgeSeconds) }),
  };
}

/** The headers with which a browser lets a page read an answer; none when no rule allows it. */
export function corsHeaders(request: S3Request, rules: readonly CorsRule[] | undefined): Record<string, string> {
  const origin = request.header('origin');
  const method = request.message.method ?? '';
  if (origin === undefined || rules === undefined) return {};
  const isFor = (rule: CorsRule): boolean =>
    rule.methods.includes(method) && rule.origins.some((pattern) => isLike(pattern, origin));
  const rule = rules.find(isFor);
  return rule === undefined ? {} : answerHeaders(rule, origin);
}

function answerHeaders(rule: CorsRule, origin: string): Record<string, string> {
  const isForAll = rule.origins.includes('*');
  return {
    'access-control-allow-origin': isForAll ? '*' : origin,
    'access-control-allow-methods': rule.methods.join(', '),
    ...(rule.exposed.length > 0 && { 'access-control-expose-headers': rule.exposed.join(', ') }),
    ...(!isForAll && { 'access-control-allow-credentials': 'true' }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

function isLike(pattern: string, text: string): boolean {
  const [start = '', end] = pattern.split('*');
  if (end === undefined) return pattern === text;
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}

const badRequest = (message: string): S3Error => new S3Error(400, 'BadRequest', message);

const forbidden = (message: string, method: string): S3Error =>
  new S3Error(403, 'AccessForbidden', message, { Method: method, ResourceType: 'OBJECT' });
