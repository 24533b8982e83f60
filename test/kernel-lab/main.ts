console.log('thin path');
import { boot } from './boot.ts';
import { SMALL } from './machines.ts';
const root = process.cwd();
const t=Date.now();
const tries = await boot({ root, cache: `${root}/.build/lab`, machine: SMALL, series: '6.1', script: 'offlineEach', out: `${root}/.build/lab/captures/small-6.1`, seconds: 400, onProgress: (l) => console.log(((Date.now()-t)/1000).toFixed(1), l) });
console.log(tries);
