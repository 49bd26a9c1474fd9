import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { inject } from 'vitest';
import * as z from 'zod/mini';
import { optionsFrom } from '../../../infra/options.ts';
import { OnTheDot } from '../../../infra/stack.ts';

const Json = z.record(z.string(), z.unknown());
const Resource = z.object({
  Type: z.string(),
  Properties: z._default(Json, {}),
  DependsOn: z._default(z.array(z.string()), []),
  DeletionPolicy: z.optional(z.string()),
  UpdateReplacePolicy: z.optional(z.string()),
});
type Resource = z.output<typeof Resource> & { readonly id: string };

const texts = z.union([z.string(), Json, z.array(z.union([z.string(), Json]))]);
const Statement = z.object({ Effect: z.string(), Action: texts, Resource: texts, Condition: z.optional(Json) });
const Document = z.object({ Statement: z.array(Statement) });

/** An action that a role may do. @property on the readable name of the resource. */
type Grant = { readonly action: string; readonly on: string; readonly condition: unknown };
export type Synthesized = ReturnType<typeof synthesize>;

/** Does not copy the bundles, because tests deploy nothing. */
const UNSTAGED = { 'aws:cdk:disable-asset-staging': true };

const known = new Map<string, Synthesized>();

/** Returns the stack with these options. Each is synthesized once per process, because that takes half a second. */
export function synthesized(context: Readonly<Record<string, unknown>> = {}): Synthesized {
  const key = JSON.stringify(context);
  const stack = known.get(key) ?? synthesize(context);
  known.set(key, stack);
  return stack;
}

/** Synthesizes the stack. Skips CDK's own check, which takes two seconds and is part of `npm run synth`. */
function synthesize(context: Readonly<Record<string, unknown>>) {
  const app = new App({
    context: { ...UNSTAGED, ...context },
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
  });
  const options = optionsFrom((name) => app.node.tryGetContext(name));
  const template = Template.fromStack(new OnTheDot(app, { options, bundles: inject('emptyBundles') })).toJSON();
  const resources = Object.entries(z.record(z.string(), Resource).parse(template['Resources'])).map(
    ([id, resource]) => ({ ...resource, id }),
  );
  const ofType = (type: string) => resources.filter(({ Type }) => Type === type);

  /** Lists the grants of a role in all its policies. */
  const grantsOf = (role: Resource): readonly Grant[] => {
    const inline = z.array(z.object({ PolicyDocument: Document })).parse(role.Properties['Policies'] ?? []);
    const attached = ofType('AWS::IAM::Policy').filter(({ Properties }) =>
      JSON.stringify(Properties['Roles']).includes(`"${role.id}"`),
    );
    const documents = [
      ...inline.map(({ PolicyDocument }) => PolicyDocument),
      ...attached.map(({ Properties }) => Document.parse(Properties['PolicyDocument'])),
    ];
    return documents.flatMap(({ Statement: statements }) =>
      statements.flatMap(({ Action, Resource: on, Condition }) =>
        [Action]
          .flat()
          .flatMap((action) =>
            [on].flat().map((one) => ({ action: String(action), on: nameOf(one), condition: Condition })),
          ),
      ),
    );
  };

  /** The functions by their names in the catalogue. */
  const functions = new Map(
    ofType('AWS::Lambda::Function').map((resource) => {
      const name = String(resource.Properties['FunctionName']).replace(/^on-the-dot-[a-z]+-/, '');
      const roleId = nameOf(resource.Properties['Role'], false);
      const role = resources.find(({ id }) => id === roleId);
      if (!role) throw new Error(`${name} has no role`);
      const environment = z
        .object({ Variables: Json })
        .parse(resource.Properties['Environment'] ?? { Variables: {} }).Variables;
      return [name, { resource, role, environment, grants: grantsOf(role) }] as const;
    }),
  );

  return { app, template, resources, ofType, functions, grantsOf };
}

/** Leaves out the hash of eight digits that CDK puts at the end of a logical id. */
export const withoutHash = (id: string) => id.replace(/[0-9A-F]{8}$/, '');

/** Builds a readable name for a reference in a policy: the logical id, with the text before and after it. */
export function nameOf(reference: unknown, short = true): string {
  if (typeof reference === 'string') return reference;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': joined } = Json.parse(reference);
  if (Array.isArray(joined)) return joined[1].map((part: unknown) => nameOf(part, short)).join('');
  const id = String(Array.isArray(attribute) ? attribute[0] : Ref);
  return short ? withoutHash(id) : id;
}

/** Lists the functions that may do an action on a resource. */
export const whoMay = ({ functions }: Synthesized, action: RegExp, on: RegExp): readonly string[] =>
  [...functions]
    .filter(([, { grants }]) => grants.some((grant) => action.test(grant.action) && on.test(grant.on)))
    .map(([name]) => name)
    .toSorted();
