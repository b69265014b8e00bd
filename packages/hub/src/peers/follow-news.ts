import { StringDecoder } from 'node:string_decoder';
import type { Logger } from '@clusternet/runtime';
import { errorText } from '@clusternet/runtime';
import type { ProviderLink, RemoteTunnels } from './remote-tunnels.ts';
import { HUB_TARGET, NEWS_PATH } from './send-news.ts';
import { MAX_LINE_CHARS, parseNews } from './tunnel-news.ts';

export interface FollowNewsDeps {
  readonly remote: RemoteTunnels;
  readonly log: Logger;
}

/**
 * Asks the peer of a link for its tunnels, and keeps what it holds in step. News that end before their link, or make no
 * sense, end the link: the next one begins with all that is there.
 */
export function followNews({ remote, log }: FollowNewsDeps, link: ProviderLink): void {
  const { session, peerId } = link;
  const fail = (reason: string): void => {
    if (!session.isClosed) log.warn('news of a peer ended', { peer: peerId, reason });
    void session.close();
  };
  session.onHello(() => {
    if (!session.targets.includes(HUB_TARGET)) {
      fail('it tells none');
      return;
    }
    const stream = session.request(
      { kind: 'request', target: HUB_TARGET, method: 'GET', path: NEWS_PATH, fields: [] },
      { isEnd: true },
    );
    const decoder = new StringDecoder('utf8');
    let rest = '';
    const take = (): void => {
      for (let bytes = stream.read(); bytes !== undefined; bytes = stream.read()) {
        const lines = (rest + decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))).split(
          '\n',
        );
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const news = parseNews(line);
          if (news !== undefined) remote.apply(link, news);
        }
        if (rest.length > MAX_LINE_CHARS) throw new Error(`a line of more than ${MAX_LINE_CHARS} characters`);
      }
    };
    stream.bind({
      onHead: (head) => {
        if (head?.status !== 200) fail(`it answers ${String(head?.status)}`);
      },
      onReadable: () => {
        try {
          take();
          if (stream.isReadEnded) fail('it says no more');
        } catch (error) {
          fail(errorText(error));
        }
      },
      onDrain: () => {},
      onClose: (reset) => fail(reset?.text ?? 'it says no more'),
    });
  });
}
