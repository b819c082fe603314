const credentials = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/** The variables that a process of a bench starts with: the AWS-compatible endpoint takes any credentials. */
export const workerVariables = (): Record<string, string> => ({ PATH: process.env.PATH ?? '', ...credentials });

/** Lets the AWS SDK in this process find credentials, and graphile-worker not print a line for each job. */
export function setVariables(): void {
  Object.assign(process.env, credentials, { NO_LOG_SUCCESS: '1' });
}
