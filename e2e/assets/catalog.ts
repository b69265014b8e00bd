import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** A real program that tests run against, and where it can come from. */
export interface Asset {
  readonly name:
    | 'client-go-peer'
    | 'etcd'
    | 'helm'
    | 'kube-apiserver'
    | 'kube-controller-manager'
    | 'kubectl'
    | 'tunnel-go-peer'
    | 'tunnel-go-peer-new';
  readonly version: string;
  /** Oldest version that is accepted from PATH, `[major, minor]`; undefined for programs of our own. */
  readonly minimum: readonly [number, number] | undefined;
  readonly versionArgs: readonly string[];
  /** Folder with the Go module that pins it. */
  readonly module: string;
  readonly goPackage: string;
  /** Another module file of the same folder, that pins other versions. @default go.mod */
  readonly modFile?: string;
  readonly ldflags: readonly string[];
  /** The project's own download: a binary, or a tar.gz with the path inside. */
  readonly download: { readonly url: string; readonly checksumUrl: string; readonly pathInside?: string } | undefined;
}

const KUBERNETES = '1.36.3';
const ETCD = '3.6.16';
const HELM = '4.3.1';

const os = process.platform;
const arch = process.arch === 'x64' ? 'amd64' : process.arch;

/** Without these `/version` is nonsense, and helm refuses the server. */
const kubernetesFlags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) => [
  `-X ${path}.gitVersion=v${KUBERNETES}`,
  `-X ${path}.gitMajor=${KUBERNETES.split('.')[0] ?? ''}`,
  `-X ${path}.gitMinor=${KUBERNETES.split('.')[1] ?? ''}`,
  `-X ${path}.gitTreeState=clean`,
]);

function kubernetes(name: 'kube-apiserver' | 'kube-controller-manager' | 'kubectl'): Asset {
  const url = `https://dl.k8s.io/release/v${KUBERNETES}/bin/${os}/${arch}/${name}`;
  return {
    name,
    version: KUBERNETES,
    minimum: [1, 34],
    versionArgs: name === 'kubectl' ? ['version', '--client'] : ['--version'],
    module: join(import.meta.dirname, 'kubernetes'),
    goPackage: `k8s.io/kubernetes/cmd/${name}`,
    ldflags: kubernetesFlags,
    download: os === 'linux' || name === 'kubectl' ? { url, checksumUrl: `${url}.sha256` } : undefined,
  };
}

const etcdFile = `etcd-v${ETCD}-${os}-${arch}`;
const etcdRelease = `https://github.com/etcd-io/etcd/releases/download/v${ETCD}`;

export const assets: readonly Asset[] = [
  kubernetes('kube-apiserver'),
  kubernetes('kube-controller-manager'),
  kubernetes('kubectl'),
  {
    name: 'etcd',
    version: ETCD,
    minimum: [3, 5],
    versionArgs: ['--version'],
    module: join(import.meta.dirname, 'etcd'),
    goPackage: 'go.etcd.io/etcd/server/v3',
    ldflags: [],
    download:
      os === 'linux'
        ? { url: `${etcdRelease}/${etcdFile}.tar.gz`, checksumUrl: `${etcdRelease}/SHA256SUMS`, pathInside: `${etcdFile}/etcd` }
        : undefined,
  },
  {
    name: 'helm',
    version: HELM,
    minimum: [3, 18],
    versionArgs: ['version', '--short'],
    module: join(import.meta.dirname, 'helm'),
    goPackage: 'helm.sh/helm/v4/cmd/helm',
    ldflags: [`-X helm.sh/helm/v4/internal/version.version=v${HELM}`],
    download: {
      url: `https://get.helm.sh/helm-v${HELM}-${os}-${arch}.tar.gz`,
      checksumUrl: `https://get.helm.sh/helm-v${HELM}-${os}-${arch}.tar.gz.sha256sum`,
      pathInside: `${os}-${arch}/helm`,
    },
  },
  {
    // What Go programs do with an API server: scenarios of ours on client-go.
    name: 'client-go-peer',
    version: KUBERNETES.replace(/^1/, '0'),
    minimum: undefined,
    versionArgs: [],
    module: resolve(import.meta.dirname, '../conformance/client-go'),
    goPackage: '.',
    ldflags: [],
    download: undefined,
  },
  {
    // What deployed agents and hubs speak: a small program of ours on the Go tunnel library.
    name: 'tunnel-go-peer',
    version: '0.3.0',
    minimum: undefined,
    versionArgs: [],
    module: resolve(import.meta.dirname, '../../packages/tunnel/interop/go-peer'),
    goPackage: '.',
    ldflags: [],
    download: undefined,
  },
  {
    // The same program on the newest release of that library.
    name: 'tunnel-go-peer-new',
    version: '0.6.1',
    minimum: undefined,
    versionArgs: [],
    module: resolve(import.meta.dirname, '../../packages/tunnel/interop/go-peer'),
    goPackage: '.',
    modFile: 'newest.mod',
    ldflags: [],
    download: undefined,
  },
];

/** Where a binary is kept: one folder a version, platform and state of the module that pins it. */
export function cachePath(asset: Asset): string {
  const root = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const hash = createHash('sha256').update(asset.ldflags.join(' '));
  const sums = (asset.modFile ?? 'go.mod').replace(/\.mod$/, '.sum');
  for (const file of readdirSync(asset.module).sort()) {
    if (file === sums || file.endsWith('.go')) hash.update(readFileSync(join(asset.module, file)));
  }
  const key = hash.digest('hex').slice(0, 12);
  return join(root, 'clusternet', 'assets', `${asset.name}-${asset.version}-${os}-${arch}-${key}`, asset.name);
}
