import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { bundleFunctions } from './bundle/bundle-functions.ts';
import { optionsFrom } from './options.ts';
import { OnTheDot } from './stack.ts';

// `npx cdk` runs this file. It bundles the functions and synthesizes one stage from the context.
const BUNDLES = 'dist';

const app = new App({ analyticsReporting: false });
const options = optionsFrom((name) => app.node.tryGetContext(name));
await bundleFunctions(BUNDLES);
new OnTheDot(app, { options, bundles: BUNDLES });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
