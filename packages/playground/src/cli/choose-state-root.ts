import { join } from 'node:path';

/** What a machine says about where a user's files belong. */
export interface UserFolders {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

const FOLDER = 'clusternet-playground';

/**
 * The folder for run files of this user: what is gone with the session where there is such a place, else the user's
 * folder for state.
 */
export function chooseStateRoot({ env, platform, home }: UserFolders): string {
  const { XDG_RUNTIME_DIR: runtime = '', XDG_STATE_HOME: state = '', LOCALAPPDATA: local = '' } = env;
  if (runtime !== '') return join(runtime, FOLDER);
  if (state !== '') return join(state, FOLDER);
  if (platform === 'win32' && local !== '') return join(local, FOLDER);
  return join(home, '.local', 'state', FOLDER);
}
