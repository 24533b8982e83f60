// Preloaded into `irqspace apply` (node --import): the process kills itself with SIGKILL instead of making its Nth
// write, whether to a mask or to the journal. LAB_KILL_AT=N; with LAB_KILL_HALF=1 half of that write is still made.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const at = Number(process.env.LAB_KILL_AT);
const { writeSync } = fs;
let writes = 0;

fs.writeSync = (fd, data, ...rest) => {
  writes++;
  if (writes === at) {
    try {
      if (process.env.LAB_KILL_HALF === '1') writeSync(fd, Buffer.from(data).subarray(0, data.length >> 1));
    } finally {
      // The kernel refuses half a mask.
      process.kill(process.pid, 'SIGKILL');
    }
  }
  return writeSync(fd, data, ...rest);
};
// Modules that named it in an import see the new one.
syncBuiltinESMExports();
