/** Every deadline is for two cores without other work; PATIENCE=3 gives a busy machine three times as long. */
const patience = Number(process.env.PATIENCE || '1');

/** A deadline or a test's time limit, in milliseconds. */
export const seconds = (count: number): number => count * 1000 * patience;
