import { createLog } from '@millrace/runtime/log.ts';
import { runProcess } from '@millrace/runtime/process.ts';
import { z } from 'zod';
import { createGateway } from './gateway.ts';
import { createIssuer } from './issuer.ts';

/** What the supervisor says; nobody else starts this program. */
const settings = z
  .object({
    PORT: z.coerce.number().int().min(1).max(65_535),
    ORIGIN: z.url(),
    ISSUER_DIR: z.string(),
    ISSUER_SCOPES: z.string(),
    GATEWAY_ROUTES: z.preprocess(
      (text) => JSON.parse(String(text)),
      z.array(z.object({ path: z.string(), target: z.url(), name: z.string() })),
    ),
    LOG_LEVEL: z.string().default('info'),
  })
  .parse(process.env);

const log = createLog({ name: 'gateway', level: settings.LOG_LEVEL });

await runProcess({
  log,
  start: async () => {
    const onFault = (error: unknown): void => log.error({ error }, 'the issuer failed');
    const issuer = await createIssuer({
      origin: settings.ORIGIN,
      otherOrigins: [`http://127.0.0.1:${settings.PORT}`],
      scopes: settings.ISSUER_SCOPES.split(' '),
      dataDir: settings.ISSUER_DIR,
      onFault,
    });
    const gateway = createGateway({ routes: settings.GATEWAY_ROUTES, local: issuer.handle, onFault });
    await gateway.listen(settings.PORT, ['127.0.0.1', '::1']);
    log.info({ port: settings.PORT }, 'listening');
    return {
      close: async () => {
        await gateway.close();
        await issuer.close();
      },
    };
  },
});
