import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { openApiDocument } from '../../../infra/catalog/openapi/document.ts';
import { ROUTES } from '../../../infra/catalog/openapi/routes.ts';

/** An answer of the API. `body` is empty if the text is not JSON. */
export type Answer = {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
  readonly text: string;
};

/** Closes the objects of answers. The description leaves them open for later fields, but no story may get an undescribed one. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const fields = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, closed(value)]));
  return 'properties' in node && 'type' in node && node.type === 'object'
    ? { additionalProperties: false, ...fields }
    : fields;
}

const NAME = 'api';
const ajv = new Ajv2020({ strict: false });
formats(ajv).addSchema(Object(closed(openApiDocument())), NAME);
const validators = new Map<string, ValidateFunction>();

const PATTERNS = Object.entries(ROUTES).map(([route, { responses }]) => {
  const [method = '', path = ''] = route.split(' ');
  const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
  return { method, path, pattern, responses };
});

/** Checks an answer. @throws Error if the API's description lacks its route, status, body or code. */
export function expectDescribed(method: string, target: string, answer: Answer): void {
  const { pathname } = new URL(target, 'http://localhost');
  const route = PATTERNS.find((one) => one.method === method && one.pattern.test(pathname));
  if (!route) {
    const isNotFound = method === 'HEAD' ? answer.status === 404 : answer.body['code'] === 'not-found';
    if (!isNotFound) throw new Error(`no route ${method} ${pathname} is described`);
    return;
  }
  const contentType = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
  const what = `${method} ${route.path} → ${answer.status} ${contentType} ${answer.body['code'] ?? ''}`;
  if (answer.text === '') {
    const response = route.responses[answer.status];
    const isProblemOfHead = method === 'HEAD' && answer.status >= 400;
    if (!isProblemOfHead && (!response || response.schema)) throw new Error(`not described: ${what}`);
    return;
  }
  const validate = validatorFor(method, route.path, answer.status, contentType, what);
  const body: unknown = /\/(?:problem\+)?json$/.test(contentType) ? JSON.parse(answer.text) : answer.text;
  if (!validate(body)) throw new Error(`not as described: ${what}: ${ajv.errorsText(validate.errors)}`);
}

function validatorFor(method: string, path: string, status: number, contentType: string, what: string) {
  const pointer = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', contentType, 'schema'];
  const $ref = `${NAME}#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
  const known = validators.get($ref);
  if (known) return known;
  try {
    const validate = ajv.compile({ $ref });
    validators.set($ref, validate);
    return validate;
  } catch (cause) {
    throw new Error(`not described: ${what}`, { cause });
  }
}
