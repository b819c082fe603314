/** What `make cost` and `make diff` may be told by variables; options on the command line win. */
export const commandVariables = (): Record<string, string | undefined> => ({ ...process.env });
