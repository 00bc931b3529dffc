const L=(n)=>console.error(n,(performance.now()).toFixed(0));
L('start');
const { makeMachines, newClusterId }=await import('../main/phases/machines.ts');L('machines');
const { providerNamed }=await import('../main/providers/registry.ts');
const { connectSsh }=await import('../main/remotes/ssh-remote.ts');L('ssh');
const p=await providerNamed('nspawn');L('provider');
const nothing = async () => undefined;
const ctx = {
  signal: new AbortController().signal, emit: () => undefined, log: () => undefined, clock: Date.now,
  cacheDir: '/var/cache/shakedown', ledger: { record: nothing, settle: nothing },
};
for (let i=0;i<Number(process.argv[2]??3);i++){
const wanted = { machines: [{ id: 0, name: 'n0' }], options:{count:1}, login: {} };
const t=performance.now();
const cluster = await makeMachines(newClusterId(), wanted, p, { shares: [], rebuild: false }, ctx);L('made');
{await using remote = await connectSsh(cluster.machines[0].ssh, { signal: ctx.signal, timeout: 120 });L('connected');
 await remote.exec('true');L('true');}
L('closed');
await p.destroy(cluster, ctx);L('destroyed');console.error('round',(performance.now()-t).toFixed(0));
}
process.exit(0)
