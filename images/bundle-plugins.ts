import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * In a bundle all modules are one folder, while sources look for their files (migrations, the page) beside themselves.
 * This keeps `import.meta.dirname` and `import.meta.url` of our sources what they are in the repository, below the
 * bundle's folder, where those files are copied to. It also imports zod as a namespace, which lets esbuild drop what of
 * it is not used.
 */
export function sourcePlaces(root: string): Plugin {
  return {
    name: 'source-places',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const place = relative(root, path).replaceAll('\\', '/');
        if (place.includes('node_modules') || place.startsWith('..')) return undefined;
        const text = await readFile(path, 'utf8');
        return { contents: placed(text, place), loader: 'ts', resolveDir: dirname(path) };
      });
    },
  };
}

/** The text of a source as it goes into a bundle. */
export function placed(text: string, place: string): string {
  const folder = dirname(place);
  return text
    .replaceAll(/\bimport\.meta\.dirname\b/g, `(import.meta.dirname + '/${folder}')`)
    .replaceAll(/\bimport\.meta\.url\b/g, `new URL('${place}', import.meta.url).href`)
    .replaceAll(/^import \{ z \} from 'zod';$/gm, `import * as z from 'zod';`);
}

/** Leaves zod's forty languages out (264 kB): our messages are the codes of the validation errors, in English. */
export const oneLanguage: Plugin = {
  name: 'one-language',
  setup(build) {
    build.onResolve({ filter: /\/locales\/index\.js$/ }, ({ path, importer, resolveDir }) => {
      if (!/node_modules\/zod\//.test(importer.replaceAll('\\', '/'))) return undefined;
      return { path: resolve(resolveDir, path, '../en.js'), sideEffects: false };
    });
  },
};

// What a pod on Fargate never has: a developer's SSO login, profile files and credential programs.
const laptopCredentials = `
  const leftOut = () => async () => {
    throw Object.assign(new Error('left out of this image'), { name: 'CredentialsProviderError', tryNextLink: true });
  };
  export { leftOut as fromSSO, leftOut as fromIni, leftOut as fromProcess, leftOut as fromLoginCredentials };
  export const isSsoProfile = () => false;
  export const validateSsoProfile = (profile) => profile;
`;

/** Parts of dependencies that no service uses, and what stands in for them. */
const leftOutParts: { path: RegExp; importer: RegExp; contents: string }[] = [
  { path: /^@aws-sdk\/credential-provider-(sso|login|process|ini)$/, importer: /./, contents: laptopCredentials },
  // Logs go to standard output in this thread.
  {
    path: /^\.\/(lib\/)?transport$/,
    importer: /node_modules\/pino\//,
    contents: 'module.exports = () => { throw new Error("pino transports are left out of this image"); };',
  },
  {
    path: /^\.\/(lib\/)?multistream$/,
    importer: /node_modules\/pino\//,
    contents: 'module.exports = () => { throw new Error("pino streams are left out of this image"); };',
  },
  // Metrics are fetched, of one process, and their quantiles are made where they are looked at.
  {
    path: /^\.\/lib\/(pushgateway|cluster|summary)$/,
    importer: /node_modules\/prom-client\//,
    contents: 'module.exports = class {};',
  },
  // The cache is one endpoint.
  { path: /^\.\/cluster$/, importer: /node_modules\/iovalkey\/built\//, contents: 'exports.default = class {};' },
  {
    path: /\/SentinelConnector$/,
    importer: /node_modules\/iovalkey\/built\//,
    contents: 'exports.default = class {}; exports.SentinelIterator = class {};',
  },
  {
    path: /^debug$/,
    importer: /node_modules\/iovalkey\//,
    contents: 'exports.default = () => Object.assign(() => undefined, { enabled: false });',
  },
  // Logical replication.
  {
    path: /^\.\/subscribe\.js$/,
    importer: /node_modules\/postgres\//,
    contents: 'export default () => () => { throw new Error("left out of this image"); };',
  },
  // Streams of events in one request, which neither EventBridge nor SQS has.
  { path: /^@smithy\/core\/event-streams$/, importer: /./, contents: 'export {};' },
  // Mails have no attachments, no addresses to fetch, and go to one server without OAuth and signatures of ours.
  {
    path: /\/mime-types\.js$/,
    importer: /node_modules\/nodemailer\//,
    contents: `export const detectMimeType = () => 'application/octet-stream'; export const detectExtension = () => 'bin';`,
  },
  { path: /^\.\/services\.js$/, importer: /node_modules\/nodemailer\//, contents: 'export const services = {};' },
  {
    path: /^\.\.\/(fetch|dkim|xoauth2)\/index\.js$/,
    importer: /node_modules\/nodemailer\//,
    contents: 'export default () => { throw new Error("left out of this image"); };',
  },
  // Tells browsers apart, for the AWS SDK in a page.
  { path: /^bowser$/, importer: /node_modules\/@aws-sdk\/core\//, contents: 'export const parse = () => ({});' },
  // Only for exemplars, which are off.
  {
    path: /^@opentelemetry\/api$/,
    importer: /node_modules\/prom-client\//,
    contents: 'module.exports = { trace: { getSpan: () => undefined }, context: { active: () => undefined } };',
  },
];

/** Leaves out what a service never runs. */
export const leaveOut: Plugin = {
  name: 'leave-out',
  setup(build) {
    for (const [index, { path: filter, importer: from }] of leftOutParts.entries()) {
      build.onResolve({ filter }, ({ importer }) =>
        from.test(importer.replaceAll('\\', '/')) ? { path: String(index), namespace: 'left-out' } : undefined,
      );
    }
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => {
      const contents = leftOutParts[Number(path)]?.contents;
      return contents === undefined ? undefined : { contents };
    });
  },
};
