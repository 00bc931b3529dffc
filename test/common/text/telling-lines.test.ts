import { describe, expect, test } from 'vitest';
import { tellingLines } from '../../../common/text/telling-lines.ts';

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const second = (index: number) =>
  `${10 + Math.floor(index / 600)}:${String(Math.floor(index / 10) % 60).padStart(2, '0')}`;

describe('what a log tells', () => {
  test('etcd: the route that there is not, 3,000 lines before the mismatch that it led to', () => {
    const ts = (index: number) => `2026-11-26T02:${second(index)}.${113 + (index % 800)}Z`;
    const log = [
      `{"level":"info","ts":"${ts(0)}","caller":"etcdmain/etcd.go:73","msg":"Running: ","args":["etcd"]}`,
      `{"level":"info","ts":"${ts(1)}","caller":"embed/etcd.go:131","msg":"configuring peer listeners"}`,
      `{"level":"warn","ts":"${ts(2)}","caller":"rafthttp/probing_status.go:68","msg":"prober detected unhealthy status","remote-peer-id":"8211f1d0f64f3269","error":"dial tcp 10.150.3.11:2380: connect: no route to host"}`,
      ...times(3000, (index) =>
        index % 2 === 0
          ? `{"level":"warn","ts":"${ts(index)}","caller":"rafthttp/http.go:271","msg":"request cluster ID mismatch","local-member-id":"8e9e05c52164694d","local-member-cluster-id":"cdf818194e3a8c32","remote-peer-cluster-id":"${(0xabcdef12 + index).toString(16)}"}`
          : `{"level":"warn","ts":"${ts(index)}","caller":"rafthttp/stream.go:653","msg":"request sent was ignored by remote peer due to cluster ID mismatch","remote-peer-id":"8211f1d0f64f3269"}`,
      ),
    ];
    const told = tellingLines(log);
    expect(told).toHaveLength(5);
    expect(told[2]).toMatch(/no route to host"\}$/);
    expect(told[3]).toMatch(/request cluster ID mismatch.*\} {2}\(and 1,499 like it\)$/);
    expect(told[4]).toMatch(/ignored by remote peer.*\} {2}\(and 1,499 like it\)$/);
  });

  test('Galera: what failed first stands before hundreds of different lines that came of it', () => {
    const begin = '2026-11-26  2:10:01 0 [Note] WSREP: ';
    const words = 'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda my'.split(' ');
    const log = [
      `${begin}Loading provider /usr/lib/galera/libgalera_smm.so`,
      '2026-11-26  2:10:01 0 [ERROR] WSREP: could not open file /var/lib/mysql/grastate.dat: Permission denied',
      ...words.flatMap((one) => words.map((other) => `${begin}view of ${one} and ${other} moved on`)),
      '2026-11-26  2:10:31 0 [ERROR] WSREP: failed to open gcomm backend connection: 110: failed to reach primary view',
      '2026-11-26  2:10:31 0 [ERROR] Aborting',
    ];
    const told = tellingLines(log);
    expect(told).toHaveLength(20);
    expect(told).toContain(log[1]);
    expect(told.slice(-2)).toEqual(log.slice(-2));
    expect(told.indexOf(log[1] ?? '')).toBeLessThan(told.indexOf(log.at(-2) ?? ''));
  });

  test('a service that is started again and again: its whole story, once', () => {
    const log = times(40, (index) => [
      `1234${index}:M 26 Nov 2026 02:${second(index)}.123 # Warning: no config file specified`,
      `1234${index}:M 26 Nov 2026 02:${second(index)}.124 * Running mode=standalone, port=6379.`,
      `1234${index}:M 26 Nov 2026 02:${second(index)}.125 # Failed listening on port 6379 (TCP), aborting.`,
    ]).flat();
    expect(tellingLines(log)).toEqual([
      `${log[0]}  (and 39 like it)`,
      `${log[1]}  (and 39 like it)`,
      `${log[2]}  (and 39 like it)`,
    ]);
  });

  test('Java: the trace of the error stays whole and in its order, whatever brackets are in it', () => {
    const trace = [
      'java.net.BindException: Address already in use',
      '\tat java.base/sun.nio.ch.Net.bind0(Native Method)',
      '\tat org.apache.zookeeper.server.NIOServerCnxnFactory.configure(NIOServerCnxnFactory.java:687)',
      '\tat org.apache.zookeeper.server.quorum.QuorumPeerMain.main(QuorumPeerMain.java:90)',
      '{',
      '}',
      '{',
      '}',
      '{',
      '}',
    ];
    expect(tellingLines(trace)).toEqual(trace);
    const before = times(
      100,
      (index) => `2026-11-26 02:10:${index} - INFO  [main:] - step ${'abcdefgh'[index % 8]}x done`,
    );
    expect(tellingLines([...before, ...trace]).slice(-trace.length)).toEqual(trace);
  });

  test('words that only say that there was no error do not count as one', () => {
    const harmless = ['first pass: 0 errors', 'second pass done, error=null', '{"third":"pass","err":""}'];
    const words = 'one two three four five six seven eight nine ten eleven twelve'.split(' ');
    const filler = words.flatMap((one) => words.map((other) => `the ${one} of the ${other} went its way`));
    const told = tellingLines([...harmless, ...filler]);
    expect(told).toEqual(filler.slice(-20));
  });

  test('a short log is told as it is; of nothing comes nothing', () => {
    const log = ['starting', 'listening on port 80', 'listening on port 81', 'bye'];
    expect(tellingLines(log)).toEqual(log);
    expect(tellingLines([])).toEqual([]);
    expect(tellingLines(['a', 'b', 'c'], 2)).toEqual(['b', 'c']);
  });

  test('takes many long lines', () => {
    const log = times(20_000, (index) => `${'x'.repeat(300)} ${index} ${'#'.repeat(300)} ab,`.repeat(2));
    expect(tellingLines(log)).toHaveLength(1);
  });
});
