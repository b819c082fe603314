import { createLog } from '@millrace/runtime/log.ts';
import { runProcess } from '@millrace/runtime/process.ts';
import { z } from 'zod';
import { startMailServer } from './mail-server.ts';

const port = z.coerce.number().int().min(0).max(65_535);

/** What the supervisor says; nobody else starts this program. */
const settings = z
  .object({
    HOST: z.string().min(1).default('127.0.0.1'),
    PORT: port,
    MAIL_SMTP_PORT: port,
    MAIL_FOLDER: z.string().min(1),
    LOG_LEVEL: z.string().default('info'),
  })
  .safeParse(process.env);
if (!settings.success) {
  const faults = settings.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  process.stderr.write(`mail: ${faults.join('; ')}\n`);
  process.exit(5);
}

const { HOST, PORT, MAIL_SMTP_PORT, MAIL_FOLDER, LOG_LEVEL } = settings.data;
const log = createLog({ name: 'mail', level: LOG_LEVEL });
await runProcess({
  log,
  start: () => startMailServer({ host: HOST, port: PORT, smtpPort: MAIL_SMTP_PORT, folder: MAIL_FOLDER, log }),
});
