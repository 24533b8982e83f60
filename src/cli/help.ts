import { PROFILE_NAMES } from '../model/kernel-profile.ts';
import { EXPORT_FORMATS } from '../query/export/formats.ts';

/** What `--help` says, in one place: it is read more often than the code. */
export const HELP = {
  program: {
    text:
      'See the interrupt vector space of a Linux x86 machine, and ask what fits. ' +
      'It only reads, but for apply --yes, rollback and watch --trace; irqspace alone is irqspace report on this machine.',
  },
  report: {
    summary: 'what the vector space looks like, and what is about to go wrong',
    text:
      'What the vector space looks like: how many vectors every CPU has, has left and has set aside for ' +
      'managed interrupts, which device holds how many, and what is about to go wrong.',
  },
  fits: {
    summary: 'does it fit? hibernate, take CPUs offline, isolate them, add devices, pin, upgrade',
    text:
      'Would the kernel do it, or refuse because there are not enough vectors? Changes are taken in the order ' +
      'given, each on the state that the last one left. A CPU that the kernel refuses to take offline stays ' +
      'online, and the next one is tried.',
  },
  plan: {
    summary: 'affinity masks that reach a goal, all of which the kernel accepts',
    text:
      'Which affinity masks to write, in which order, to reach a goal: every write is carried out on the model of ' +
      'this kernel first, none is refused, and no CPU gets more vectors than it has at any moment. Interrupts that ' +
      'user space cannot move are left, with the reason. Where it does not fit, the numbers and what would make it fit.',
  },
  apply: {
    summary: 'write a plan, verify it, undo it at the first refusal',
    text:
      'Checks that the machine is still what the plan was made for and shows what would be written. With --yes writes ' +
      'the masks in order and looks where each interrupt is; the first refusal restores all of them. A journal on ' +
      'disk survives a kill at any moment.',
  },
  rollback: {
    summary: 'restore the masks that the last apply wrote',
    text: 'Restores every mask that the last apply has written, whether it was finished or interrupted.',
  },
  explain: {
    summary: 'who owns an interrupt, where it may go, why it is there; or what a message means',
    text:
      'Who owns an interrupt, on which CPU it has its vector and why, where it may go, whether it is managed, and ' +
      'what happens to it when its CPUs go offline. Or what a message of the kernel, of irqbalance or of tuned ' +
      'means, what to do about it, and what of this machine matters to it.',
  },
  spread: {
    summary: "the CPUs the kernel would give a device's managed interrupts",
    text:
      'The masks that the kernel gives the managed interrupts of a device (PCI_IRQ_AFFINITY), message by ' +
      'message: for this machine, another one, or a topology that does not exist yet.',
  },
  watch: {
    summary: 'the live view: rates, vectors, moves and what found no vector',
    text:
      'Shows in the terminal what is delivered by every interrupt and to every CPU, how many vectors each CPU has ' +
      'left, and moves as they happen; ? tells its keys. Into a pipe or a file, one sample after the other. With --trace ' +
      'it records the tracepoints of the vector domain in a tracing instance of its own ' +
      '(instances/irqspace-PID in tracefs, which is removed at the end): then moves have their vectors, and an ' +
      'interrupt for which there is none is told too. It writes nothing else, and without --trace nothing at all.',
  },
  replay: {
    summary: 'a recorded trace run through the model: where do they differ?',
    text:
      'Runs a recorded ftrace text (irq_matrix:* and irq_vectors:vector_*) through the model of its kernel: every ' +
      'CPU, vector, counter and result is predicted and compared with the record. The capture of a lab brings its ' +
      'snapshots, its writes and its kernel log along; to a trace give the state before it and the state after it.',
  },
  simulate: {
    summary: 'what happens on a machine that is only described',
    text:
      'Builds the machine that a scenario describes (CPUs, nodes, devices and their drivers), carries out its steps ' +
      '(probe, link up, write an affinity, take CPUs down, suspend, ...) as the kernel would, and shows what came of ' +
      'each, what the kernel printed, and where every interrupt ended. docs/scenarios.md says how to write one.',
  },
  drivers: {
    summary: 'the drivers that a scenario may name, and what they ask for',
    text:
      'The drivers whose interrupts are known: how many vectors each asks for and from what, which of them are ' +
      'managed, when they are requested, and what suspend does. With a name everything about that driver: the ' +
      'parameters that a scenario may give its devices, and the functions of the kernel in which it was read.',
  },
  audit: {
    summary: 'driver sources against the interrupt contract',
    text:
      'Reads C sources of drivers and reports where they break the contract with the interrupt core: state that is ' +
      'initialised after request_irq() and used by the handler, interrupts that are requested and then disabled, ' +
      'hints that are not cleared, numbers and dev_ids that do not match. Nothing is compiled, no headers are needed.',
  },
  compare: {
    summary: 'one workload under every way to manage vectors, side by side',
    text:
      'Runs a scenario under each of the policies that the mail of 2017 debates (4.14, the patch, reservations, ' +
      'overcommitment, the matrix) and shows side by side: vectors taken at each stage, what fails first and with which ' +
      'words, what CPUs that go do to interrupts, imbalance, waste. docs/policies.md says what the policies are.',
  },
  export: {
    summary: 'the state or a plan as Prometheus text, script, tuned profile, irqbalance policy, unit',
    text:
      'Writes the state of a machine, in the words of another program, to standard output: its vectors per CPU for ' +
      'Prometheus, or the affinities of the interrupts that can be moved, and what irqbalance is to leave alone. ' +
      'Of a plan: what carries it out, checks and undoes it, also after a boot, and what makes irqbalance keep it. ' +
      'It changes nothing: what it prints is for you to read and to install.',
  },
  capture: {
    summary: 'everything the reading commands need, in one tarball',
    text:
      'Packs everything that the reading commands need into one tarball, to be read elsewhere with --root. ' +
      'Run it as root to have debugfs in it. Never overwrites a file. On hosts without Node, ' +
      'tools/capture.sh makes the same.',
  },
  serve: {
    summary: 'the same in the browser, on 127.0.0.1',
    text:
      'Serves the map of the vector space and the answers of report, fits and explain as a web page on ' +
      '127.0.0.1, ' +
      'until Ctrl-C. The same answers are there as JSON, see /api/openapi.json.',
  },
  help: {
    summary: 'what a command takes, as irqspace COMMAND --help',
    text: 'Prints what a command takes, as irqspace COMMAND --help does; without one what irqspace --help prints.',
  },
  root:
    'machine to read: a directory or an archive (.tar, packed with gzip, xz, zstd or bzip2) of a capture or ' +
    'an sosreport, a lone VECTOR dump or copy of /proc/interrupts, or - for standard input',
  kernel: `kernel whose rules to assume, ${PROFILE_NAMES[0]} to ${PROFILE_NAMES.at(-1)} or newest (default: the detected one)`,
  json: 'the answer as one line of JSON, for scripts',
  hibernate: 'all CPUs but one go down, as for hibernation',
  suspend: 'all CPUs but one go down, as for suspend to RAM',
  offline: 'these CPUs go offline in the order given, e.g. 3,2,1 or 4-7',
  planGoal: 'balance, spread, isolate LIST, drain LIST, numa-local, headroom N, or from FILE',
  planValue:
    'CPUs to isolate or drain, e.g. 4-7; vectors that every CPU is to have left; a tuned profile or a configuration of irqbalance',
  by: 'balance: rates (what was delivered between two readings; the default) or vectors',
  interval: 'balance: seconds between the two readings of this machine (default: 1)',
  since: 'balance: an earlier reading, as --root takes it, in place of an interval',
  hints: 'what the affinity_hint of a driver is worth: exact, subset or ignore',
  wide: 'write the widest masks that the goal allows, and let the kernel choose among their CPUs',
  planOutput: 'write the plan to this file, for apply; never overwrites',
  applied: 'plan to apply, as irqspace plan -o wrote it',
  yes: 'write; without it everything is checked and nothing is written',
  wait: 'how long to look for interrupts that have not moved yet, in seconds',
  journal: 'where to keep the journal (default: /var/lib/irqspace/apply.journal)',
  journalRead: 'journal to read (default: /var/lib/irqspace/apply.journal)',
  applyRoot: 'machine to write to: / or a directory that stands in for one',
  force: 'restore masks that somebody else has changed since, too',
  online: 'these CPUs come online, e.g. 4-7',
  smt: 'off: every second thread of a core goes, as when off is written to smt/control',
  isolate:
    'interrupts leave these CPUs, as with isolcpus=managed_irq,LIST irqaffinity=REST; what stays, and why',
  add: 'so many devices of the catalogue come, e.g. nvme=4, nvme=4x16 (16 queues each), nvme=4x16@1 (on node 1)',
  vfs: 'so many virtual functions of this device come, e.g. 0000:03:00.0=8',
  remove: 'the driver of this device lets go of it',
  pin: 'these interrupts are written to these CPUs (smp_affinity_list), e.g. 24-31=0-3',
  upgrade: 'the machine boots this kernel, e.g. 6.12; comes first',
  max: 'how many devices of the last --add or --vfs fit at most, everything else as given',
  irq: 'IRQ number, as in /proc/interrupts; or a message of the kernel, irqbalance or tuned; or - for a whole log on standard input',
  vectors: 'messages to spread; with --min, the most that the driver takes',
  min: 'the fewest that the driver takes: the kernel reduces --vectors to what the CPUs can use',
  pre: 'leading messages that are not spread, e.g. an admin queue (default: 0)',
  post: 'trailing messages that are not spread (default: 0)',
  sets: 'sizes of sets that are spread one by one, e.g. 8,8',
  topology:
    'sockets x cores x threads instead of a machine, e.g. 2x16x2; --kernel is then newest, or 4.14 and up',
  trace:
    'record moves and refusals: makes a tracing instance in tracefs (root), and removes it at the end; without it they are told by masks that differ',
  watchInterval: 'seconds from one sample to the next (default: 0.1 in the terminal, else 1)',
  count: 'so many samples as text, then end',
  once: 'one sample as text: --count 1',
  plain: 'text, one sample after the other, in a terminal too',
  replayed:
    "the trace (trace, trace_pipe, trace-cmd report or its trace.dat; packed or not; - for standard input) or a capture's folder; " +
    'what follows are snapshots, as if each had a --root of its own',
  replayRoot:
    'snapshot of the machine, as report takes it; several: the first is before the trace, the last after it',
  ops: 'log of the writes during the trace (ops.log of a capture), placed by their times',
  scenario: 'file of the scenario (JSON; packed or not), - for standard input',
  driver: 'one of them, as in sysfs: nvme, virtio_net',
  scenarioKernel: 'kernel whose rules to use, in place of the one in the scenario',
  policy: 'who gives out vectors, in place of the kernel: legacy, idlest-cpu, overcommit, ...',
  policies: 'only these, separated by commas (default: all)',
  sweep:
    'run it many times: cpus=2..1024 seeks where it breaks, queues=8,16 and i40e.count=1..9:2 take these values; several combine',
  sweepJobs: 'threads of a sweep (default: one per CPU)',
  svg: 'the pictures: vectors of each CPU at each stage, a row per policy, as one SVG; of a sweep a plot',
  html: 'figures and pictures as one page that needs nothing else',
  comparedRoot:
    'instead of a scenario a machine: / for this one, or what report takes; its devices are probed and opened, then it is to hibernate',
  comparedScenario: 'print the scenario that would be run, e.g. of --root, and do nothing else',
  comparedMap: 'with --json: what each vector of each CPU is used for, at each stage',
  map: 'draw the CPU x vector picture too',
  events: 'show the tracepoints of each operation too',
  schema: 'print the JSON Schema of scenarios, and do nothing else',
  audited: 'C files, directories, or a kernel tree; a directory is read as one driver',
  strict: 'also what is only possible: error paths, teardown, device interrupts enabled too early',
  inventory:
    'how every driver gets its interrupts, instead of findings: MSI calls, managed or not, hints, CPU counts',
  format: 'gcc, json, sarif, github, html or baseline; with --inventory text, csv, json or html',
  diff: 'only functions that git diff RANGE changes, e.g. HEAD~1 or main..topic',
  baseline: 'findings that are known: a file that --format baseline wrote',
  allow: 'findings that are allowed, a line each: PATH FUNCTION RULE REASON; * is any function',
  jobs: 'threads (default: as many as there are CPUs, at most 8)',
  exportFormat: `${EXPORT_FORMATS.slice(0, -1).join(', ')} or ${EXPORT_FORMATS.at(-1)}`,
  exportedPlan: 'a plan, as irqspace plan -o wrote it, in place of the state of a machine',
  captureFile: 'name of the tarball: .tar.gz, .tgz or .tar (default: irqspace-capture.tar.gz)',
  captureRoot: 'machine to capture: / or what --root takes elsewhere',
  helpCommand: 'command to tell about',
  port: 'port to listen on; 0 takes any free one',
  after: (command: string): string => EXAMPLES[command] ?? '',
};

const EXIT_CODES = 'Exit codes: 0 done, fits; 1 does not fit or undecided; 2 bad usage or input.';

const EXAMPLES: Readonly<Record<string, string>> = {
  irqspace: `Examples:
  irqspace                            the report of this machine
  irqspace fits --hibernate           can it hibernate?
  irqspace report --root sos.tar.xz   the report of another machine
  irqspace fits --help                what a command takes

${EXIT_CODES}`,
  report: `Examples:
  irqspace report
  irqspace report --root sosreport-db7.tar.xz
  irqspace report --root VECTOR --kernel 6.12
  irqspace report --json | jq '.cpus[] | select(.available.max < 20) | .cpu'`,
  fits: `Examples:
  irqspace fits --hibernate
  irqspace fits --offline 4-7 --suspend
  irqspace fits --offline 3,2,1 --root capture.tar.gz --json
  irqspace fits --isolate 2-7 --add nvme=4x16@1 --hibernate
  irqspace fits --vfs 0000:03:00.0=1 --max

${EXIT_CODES}`,
  plan: `Examples:
  irqspace plan balance --interval 10 -o plan.json
  irqspace plan isolate 8-15 --root capture.tar.gz
  irqspace plan drain 4-7 --json | jq '.writes[] | [.irq, .to]'
  irqspace plan headroom 32 --hints subset

Exit codes: 0 a plan; 1 infeasible or undecided; 2 bad usage or input.`,
  apply: `Examples:
  irqspace apply plan.json
  irqspace apply plan.json --yes

Exit codes: 0 done; 2 bad usage, or the machine has changed; 3 refused.`,
  rollback: `Examples:
  irqspace rollback
  irqspace rollback /root/apply.journal

Exit codes: 0 restored; 2 bad usage or input; 3 not all could be restored.`,
  explain: `Examples:
  irqspace explain 24
  irqspace explain 131 --root capture.tar.gz
  irqspace explain 'do_IRQ: 3.37 No irq handler for vector'
  dmesg | irqspace explain -`,
  spread: `Examples:
  irqspace spread --vectors 33 --pre 1
  irqspace spread --vectors 16 --topology 4x32 --kernel 5.4
  irqspace spread --vectors 64 --min 1 --sets 32,32 --topology 2x16x2 --json

Exit codes: 0 done; 1 the kernel would refuse or crash; 2 bad usage or input.`,
  watch: `Examples:
  irqspace watch
  irqspace watch --trace
  irqspace watch --once
  irqspace watch --json --interval 10 | jq '.irqs[] | select(.rate > 1000).name'

Exit codes: 0 done; 2 bad usage or input.`,
  replay: `Examples:
  irqspace replay captures/small-6.1
  irqspace replay trace.gz --root before.tar.gz --root after.tar.gz
  irqspace replay trace.txt --root after.tar.gz --json | jq .divergences

Exit codes: 0 no divergence; 1 divergences; 2 bad usage or input; lost events.`,
  simulate: `Examples:
  irqspace simulate server.json
  irqspace simulate server.json --map --kernel 5.10
  irqspace simulate server.json --json | jq '.operations[] | .result'
  irqspace simulate --schema > scenario.schema.json

Exit codes: 0 all done; 1 something was refused; 2 bad usage or input.`,
  drivers: `Examples:
  irqspace drivers
  irqspace drivers nvme
  irqspace drivers --json | jq -r '.drivers[] | select(.steps.vfs).name'`,
  audit: `Examples:
  irqspace audit drivers/net/ethernet/intel
  irqspace audit drivers sound --strict --format sarif > irq.sarif
  irqspace audit drivers --diff HEAD~1
  irqspace audit drivers --format baseline > known.json
  irqspace audit drivers --baseline known.json
  irqspace audit drivers --inventory --format csv

Exit codes: 0 no findings; 1 findings; 2 bad usage or input.`,
  compare: `Examples:
  irqspace compare server.json
  irqspace compare server.json --policy legacy,matrix --kernel 6.12
  irqspace compare --root /
  irqspace compare --root / --scenario > mine.json
  irqspace compare server.json --html > server.html
  irqspace compare server.json --sweep i40e.count=1..64
  irqspace compare server.json --sweep cpus=32,64 i40e.count=1..64
  irqspace compare server.json --json | jq '.policies[].firstFailure'

Exit codes: 0 nothing fails; 1 something does; 2 bad usage or input.`,
  export: `Examples:
  irqspace export prometheus > /var/lib/node_exporter/irqspace.prom
  irqspace export script > restore-affinities.sh
  irqspace export irqbalance --root capture.tar.gz
  irqspace export script plan.json > /usr/local/sbin/irqspace-plan`,
  capture: `Examples:
  irqspace capture
  irqspace capture db7.tar.gz`,
  serve: `Examples:
  irqspace serve
  irqspace serve --port 0 --root capture.tar.gz`,
  help: `Examples:
  irqspace help
  irqspace help replay`,
};
