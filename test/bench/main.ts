import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { benchFire } from './fire/fire.ts';
import { benchHome } from './home/home.ts';
import { benchLive } from './home/live.ts';
import { benchSaturated } from './home/saturated.ts';
import { benchHttp } from './http/http.ts';
import { benchInit } from './init.ts';
import { benchListing } from './listing.ts';
import { benchMemory } from './memory/memory.ts';
import { benchMillion } from './million.ts';
import { benchPage } from './page.ts';
import { benchPaths } from './paths.ts';
import { benchRefresh } from './refresh.ts';
import { benchRoutines } from './routines.ts';

const USAGE = `npm run bench -- fire [--out bench-report] [--races 1000] [--crowds 50,500] [--tls 200] [--seed 1]
npm run bench -- paths [--out bench-report] [--shots 50000] [--seed 1]
npm run bench -- memory [--out bench-report] [--firings 200] [--sizes 256,512,884,1769] [--margins 8]
npm run bench -- refresh [--out bench-report] [--sessions 1000,10000,100000]
npm run bench -- million [--out bench-report] [--sessions 1000000]
npm run bench -- routines [--out bench-report] [--routines 10000]
npm run bench -- listing [--out bench-report]
npm run bench -- init [--out bench-report]
npm run bench -- page [--out bench-report]
npm run bench -- http [--out bench-report] [--calls 200]
npm run bench -- home [--out bench-report] [--minutes 60] [--rate 20] [--members 40]
npm run bench -- home --live [--out bench-report] [--minutes 60] [--rate 5] [--members 8]
npm run bench -- saturated [--out bench-report]`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: 'bench-report' },
    races: { type: 'string', default: '1000' },
    crowds: { type: 'string', default: '50,500' },
    tls: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    shots: { type: 'string', default: '50000' },
    firings: { type: 'string', default: '200' },
    sizes: { type: 'string', default: '256,512,884,1769' },
    margins: { type: 'string', default: '8' },
    calls: { type: 'string', default: '200' },
    routines: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '60' },
    live: { type: 'boolean', default: false },
    rate: { type: 'string' },
    members: { type: 'string' },
    sessions: { type: 'string' },
  },
});

await mkdir(values.out, { recursive: true });
switch (positionals[0]) {
  case 'fire': {
    const crowds = values.crowds.split(',').filter(Boolean).map(Number);
    const { out, races, tls, seed } = values;
    await benchFire({ out, races: Number(races), crowds, tls: Number(tls), seed: Number(seed) });
    break;
  }
  case 'home': {
    const { out, minutes, live } = values;
    const { rate = live ? '5' : '20', members = live ? '8' : '40' } = values;
    const options = { out, minutes: Number(minutes), rate: Number(rate), members: Number(members) };
    await (live ? benchLive(options) : benchHome(options));
    break;
  }
  case 'saturated':
    await benchSaturated(values.out);
    break;
  case 'http':
    await benchHttp({ out: values.out, calls: Number(values.calls) });
    break;
  case 'page':
    await benchPage(values.out);
    break;
  case 'init':
    await benchInit(values.out);
    break;
  case 'memory': {
    const numbers = (list: string) => list.split(',').filter(Boolean).map(Number);
    const { out, firings, sizes, margins } = values;
    await benchMemory({ out, firings: Number(firings), sizes: numbers(sizes), margins: numbers(margins) });
    break;
  }
  case 'listing':
    await benchListing(values.out);
    break;
  case 'million':
    await benchMillion({ out: values.out, sessions: Number(values.sessions ?? '1000000') });
    break;
  case 'paths':
    await benchPaths({ out: values.out, shots: Number(values.shots), seed: Number(values.seed) });
    break;
  case 'refresh':
    await benchRefresh({ out: values.out, sizes: (values.sessions ?? '1000,10000,100000').split(',').map(Number) });
    break;
  case 'routines':
    await benchRoutines({ out: values.out, routines: Number(values.routines) });
    break;
  default:
    console.error(USAGE);
    process.exitCode = 2;
}
