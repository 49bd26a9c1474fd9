import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { openApiDocument } from '../../../infra/catalog/openapi/document.ts';
import { ROUTES } from '../../../infra/catalog/openapi/routes.ts';

/** An answer of the API; a body that is no JSON reads as `{}`. */
export type Answer = {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
  readonly text: string;
};

const NAME = 'api';
const ajv = new Ajv2020({ strict: false });
formats(ajv).addSchema(openApiDocument(), NAME);
const validators = new Map<string, ValidateFunction>();

const ROUTES_BY_FORM = Object.keys(ROUTES).map((route) => {
  const [method = '', path = ''] = route.split(' ');
  return { method, path, form: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`) };
});

/** @throws Error when the API's description does not have this answer: its route, its status, its body or its code. */
export function expectDescribed(method: string, target: string, answer: Answer): void {
  const { pathname } = new URL(target, 'http://localhost');
  const route = ROUTES_BY_FORM.find((one) => one.method === method && one.form.test(pathname));
  if (!route) {
    if (answer.body['code'] !== 'not-found') throw new Error(`no route ${method} ${pathname} is described`);
    return;
  }
  const contentType = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
  const what = `${method} ${route.path} → ${answer.status} ${contentType} ${answer.body['code'] ?? ''}`;
  if (answer.text === '') {
    const described = ROUTES[`${method} ${route.path}` as keyof typeof ROUTES].answers[answer.status];
    if (!described || described.schema) throw new Error(`not described: ${what}`);
    return;
  }
  const validate = validatorFor(method, route.path, answer.status, contentType, what);
  const body: unknown = /json$/.test(contentType) ? JSON.parse(answer.text) : answer.text;
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
