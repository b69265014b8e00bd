/** Where krew may install the plugin: its names for systems and processors. */
const PLATFORMS = [
  ['linux', 'amd64'],
  ['linux', 'arm64'],
  ['darwin', 'amd64'],
  ['darwin', 'arm64'],
  ['windows', 'amd64'],
];

/**
 * The manifest by which krew installs the plugin.
 *
 * @param {{
 *   readonly version: string,
 *   readonly url: string,
 *   readonly archives: readonly { readonly file: string, readonly sha256: string, readonly platform?: string }[],
 * }} release - `url`: where the archives are, without their names. `platform`: `os-arch` of an archive with Node in it; absent for the
 *   one that needs a Node on the machine, and serves wherever there is none of the others
 * @throws when there is no archive for anybody
 */
export function createKrewManifest({ version, url, archives }) {
  const portable = archives.find(({ platform }) => platform === undefined);
  const platforms = PLATFORMS.flatMap(([os, arch]) => {
    const own = archives.find(({ platform }) => platform === `${os}-${arch}`);
    // Its first line names the program that runs it, which Windows does not read.
    const archive = own ?? (os === 'windows' ? undefined : portable);
    if (archive === undefined) return [];
    return [
      {
        selector: { matchLabels: { os, arch } },
        uri: `${url}/${archive.file}`,
        sha256: archive.sha256,
        bin: os === 'windows' ? 'kubectl-clusternet.exe' : 'kubectl-clusternet',
      },
    ];
  });
  if (platforms.length === 0) throw new Error('there is no archive that krew could install');
  const needsNode = platforms.some(({ uri }) => portable !== undefined && uri.endsWith(`/${portable.file}`));
  return {
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'clusternet' },
    spec: {
      version: `v${version}`,
      homepage: 'https://github.com/clusternet/clusternet-ts',
      shortDescription: 'Work with a fleet of clusters, and inside them',
      description:
        'Works with the templates that a parent cluster keeps for its fleet, and with what is inside the clusters.\n',
      ...(needsNode
        ? {
            caveats:
              'Where no build for your platform is listed, Node 22.19 or newer is needed on the PATH.\n',
          }
        : {}),
      platforms,
    },
  };
}
