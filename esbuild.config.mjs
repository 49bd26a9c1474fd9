// `npm run bundle`: bundles the functions into dist/, and prints the size of each bundle.
import { bundleFunctions } from './infra/bundle/bundle-functions.ts';

const { outputs } = await bundleFunctions();
for (const [file, { bytes }] of Object.entries(outputs)) {
  if (file.endsWith('.cjs')) console.log(`${(bytes / 1000).toFixed(0).padStart(5)} kB  ${file}`);
}
