import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { KubeClient } from '@clusternet/client';
import { parseYamlDocuments } from '@clusternet/kube-data';
import type { KubeObject } from '@clusternet/kube-data';
import { eventually } from './eventually.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** Every object in a YAML file or folder of the repository, files in order of their names. */
export function readObjects(path: string): KubeObject[] {
  const full = join(ROOT, path);
  const files = full.endsWith('.yaml')
    ? [full]
    : readdirSync(full)
        .sort()
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => join(full, name));
  return files.flatMap((file) => parseYamlDocuments(readFileSync(file, 'utf8')) as unknown as KubeObject[]);
}

/** Applies objects in their order, waiting for kinds and namespaces that are still being set up. */
export async function applyObjects(client: KubeClient, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    await eventually(`${object.kind} ${object.metadata.name ?? ''} to be applied`, async () => {
      const resource = await client.resourceFor(object);
      return resource.apply(object, { fieldManager: 'clusternet-e2e', force: true });
    });
  }
}

/** What `deploy/agent` installs in a child, without the agent: that is a process of this machine. */
export function agentObjects(): KubeObject[] {
  return readObjects('deploy/agent').filter(({ kind }) => kind !== 'Deployment');
}
