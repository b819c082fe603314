/** Why an event pattern is refused. */
export class InvalidPatternError extends Error {}
