/** What `make synth` may be told by variables; options on the command line win. */
export const synthVariables = (): { env: string | undefined; out: string | undefined } => ({
  env: process.env['ENV'] || undefined,
  out: process.env['OUT'] || undefined,
});
