import { encodeUtf8, stringifyJson } from '@clusternet/kube-data';

/** What an API server stores of one object, bytes: the largest request that etcd takes unless told otherwise. */
export const MAX_OBJECT_BYTES = 1_572_864;

/** How large an object is as JSON, bytes. */
export function sizeBytesOf(object: unknown): number {
  return encodeUtf8(stringifyJson(object)).length;
}

/** A count of bytes for people. */
export function formatBytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(0)} KiB`;
}
