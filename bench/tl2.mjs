import { execFileSync } from 'node:child_process';
const { makeMachines, newClusterId }=await import('../main/phases/machines.ts');
const { providerNamed }=await import('../main/providers/registry.ts');
const { connectSsh }=await import('../main/remotes/ssh-remote.ts');
const p=await providerNamed('nspawn');
const nothing = async () => undefined;
const ctx = {
  signal: new AbortController().signal, emit: () => undefined, log: () => undefined, clock: Date.now,
  cacheDir: '/var/cache/shakedown', ledger: { record: nothing, settle: nothing },
};
const wanted = { machines: [{ id: 0, name: 'n0' }], options:{count:1}, login: {} };
const cluster = await makeMachines(newClusterId(), wanted, p, { shares: [], rebuild: false }, ctx);
const host=cluster.machines[0].ssh.host; const net=host.replace(/\.\d+$/,'');
async function sample(word){const connect=[],first=[],rest=[];
for(let i=0;i<20;i++){let t=performance.now();
 await using remote = await connectSsh(cluster.machines[0].ssh, { signal: ctx.signal, timeout: 120 });connect.push(performance.now()-t);
 for(let k=0;k<6;k++){t=performance.now();await remote.exec('true');(k?rest:first).push(performance.now()-t);}}
const q=(l)=>{l.sort((a,b)=>a-b);return [0.1,0.5,0.9].map(f=>l[Math.floor(l.length*f)].toFixed(1)).join('/')};
console.log(word,'connect',q(connect),'first',q(first),'rest',q(rest));}
try{
 await sample('plain');
 const route=execFileSync('ip',['-4','route','show',`${net}.0/24`],{encoding:'utf8'}).trim();console.log(route);
 execFileSync('ip',['route','change',...route.split(' ').filter(Boolean).filter(w=>w!=='linkdown'),'quickack','1']);
 await sample('quickack');
 await sample('quickack');
}finally{await p.destroy(cluster, ctx);}
process.exit(0)
