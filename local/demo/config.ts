/** What `make demo` may be told, beside its words. */
export const demoVariables = (): Record<string, string | undefined> => ({ ...process.env });
