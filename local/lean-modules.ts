import { registerHooks } from 'node:module';

/**
 * Preloaded into every service's process (`node --import`). Node asks package.json for the format of each module, and
 * parses drizzle-orm's 180 kB once for each of its hundred modules: half a second of processor time and 50 MB a process.
 * That package's own relative imports can be answered without. Images are bundled and never see this.
 */
const folder = '/node_modules/drizzle-orm/';

registerHooks({
  resolve: (specifier, context, next) => {
    const parent = context.parentURL;
    if (!specifier.startsWith('.') || !specifier.endsWith('.js') || !parent?.includes(folder))
      return next(specifier, context);
    return { url: new URL(specifier, parent).href, format: 'module', shortCircuit: true };
  },
});
