/** A Kubernetes object as plain data, of any kind. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

/** A manifest and where it stands: a file, which of its documents, and the line where that starts (both from 1). */
export interface LocatedManifest {
  file: string;
  document: number;
  line?: number;
  manifest: Manifest;
}
