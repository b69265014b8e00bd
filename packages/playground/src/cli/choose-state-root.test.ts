import { join } from 'node:path';
import { expect, it } from 'vitest';
import { chooseStateRoot } from './choose-state-root.ts';

const home = join('/', 'home', 'me');

it.each<{ why: string; env: Record<string, string>; platform?: NodeJS.Platform; want: string }>([
  { why: 'gone with the session', env: { XDG_RUNTIME_DIR: '/run/1', XDG_STATE_HOME: '/s' }, want: '/run/1' },
  { why: 'the folder for state', env: { XDG_STATE_HOME: '/s', LOCALAPPDATA: '/l' }, want: '/s' },
  {
    why: 'the home where nothing is said',
    env: { XDG_RUNTIME_DIR: '' },
    want: join(home, '.local', 'state'),
  },
  {
    why: 'no variable of Windows elsewhere',
    env: { LOCALAPPDATA: '/l' },
    want: join(home, '.local', 'state'),
  },
  { why: 'the folder of Windows', env: { LOCALAPPDATA: '/l' }, platform: 'win32', want: '/l' },
])('chooses $why', ({ env, platform = 'linux', want }) => {
  expect(chooseStateRoot({ env, platform, home })).toBe(join(want, 'clusternet-playground'));
});
