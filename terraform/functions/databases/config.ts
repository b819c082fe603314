/** The cluster, and the secret of its master user. Both are ARNs. */
export const config = { cluster: required('CLUSTER_ARN'), secret: required('SECRET_ARN') };

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing`);
  return value;
}
