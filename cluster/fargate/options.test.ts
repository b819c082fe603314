import { describe, expect, test } from 'vitest';
import { readOptions } from './options.ts';

const needed = ['--kubeconfig', 'admin.yaml', '--environment', 'dev', '--folder', 'state'];

describe('the command line', () => {
  test('of three words is enough', () => {
    expect(readOptions(needed)).toEqual({ kubeconfig: 'admin.yaml', environment: 'dev', folder: 'state', port: 0 });
  });

  test('may name the port and how long a pod takes to be ready', () => {
    expect(readOptions([...needed, '--port', '8091', '--boot-ms', '0'])).toMatchObject({ port: 8091, bootMs: 0 });
  });

  test.each([
    [[], '--kubeconfig is missing.'],
    [needed.slice(0, 4), '--folder is missing.'],
    [[...needed, '--port', '70000'], '--port: "70000" is no whole number up to 65535.'],
    [[...needed, '--boot-ms', 'soon'], '--boot-ms: "soon" is no whole number'],
    [[...needed.slice(0, 3), 'test', ...needed.slice(4)], '--environment: "test" is none of dev, staging, prod.'],
    [[...needed, '--nodes', '3'], "Unknown option '--nodes'"],
  ])('%s is refused with what is wrong', (words, message) => {
    expect(() => readOptions(words)).toThrow(message);
  });
});
