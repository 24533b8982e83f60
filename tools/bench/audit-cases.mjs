// How many of the known cases in Linux 6.1.192 `irqspace audit --strict` finds: node tools/bench/audit-cases.mjs TREE.
// Each was found and repaired by people, without this program; later kernels have the repair. A finding counts where it
// names the function that was repaired.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../install.mjs';

const CASES = [
  ['G1', 'drivers/peci/controller/peci-aspeed.c', 'aspeed_peci_probe'],
  ['G2', 'drivers/dma/altera-msgdma.c', 'msgdma_probe'],
  ['G3', 'drivers/media/rc/ir-hix5hd2.c', 'hix5hd2_ir_probe'],
  ['G4', 'drivers/staging/media/deprecated/saa7146/common/saa7146_core.c', 'saa7146_init_one'],
  ['G5', 'drivers/net/ethernet/apple/bmac.c', 'bmac_probe'],
  ['G6', 'drivers/input/serio/ps2-gpio.c', 'ps2_gpio_probe'],
  ['G7', 'drivers/staging/nvec/nvec.c', 'tegra_nvec_probe'],
  ['G8', 'drivers/ata/libahci.c', 'ahci_host_activate_multi_irqs'],
  ['G9', 'drivers/net/wireless/ath/ath11k/ahb.c', 'ath11k_ahb_config_ext_irq'],
  ['G10', 'drivers/soc/fsl/dpio/dpio-driver.c', 'dpaa2_dpio_remove'],
  ['G11', 'drivers/media/platform/mediatek/vpu/mtk_vpu.c', 'mtk_vpu_remove'],
  ['G12', 'sound/mips/sgio2audio.c', 'snd_sgio2audio_create'],
  ['G13', 'sound/soc/fsl/fsl_sai.c', 'fsl_sai_probe'],
  ['G14', 'drivers/scsi/be2iscsi/be_main.c', 'beiscsi_init_irqs'],
  ['G15', 'drivers/media/rc/sunxi-cir.c', 'sunxi_ir_remove'],
];

const [tree] = process.argv.slice(2);
if (tree === undefined || !existsSync(join(tree, 'drivers'))) {
  process.stderr.write(
    'usage: node tools/bench/audit-cases.mjs TREE; TREE holds drivers/ and sound/ of Linux 6.1\n',
  );
  process.exit(2);
}
const directories = [...new Set(CASES.map(([, file]) => dirname(file)))];
const audit = [join(root, 'dist/cli/main.js'), 'audit', '--strict', '--format', 'json', ...directories];
const ran = spawnSync(process.execPath, audit, { cwd: tree, encoding: 'utf8', maxBuffer: 1 << 28 });
if (ran.status !== 1) {
  process.stderr.write(ran.stderr);
  process.exit(1);
}
const { findings } = JSON.parse(ran.stdout);
let found = 0;
for (const [name, file, fn] of CASES) {
  const rules = findings.filter((one) => one.file === file && one.function === fn).map(({ rule }) => rule);
  if (rules.length > 0) found++;
  console.log(`${name.padEnd(4)} ${rules.length > 0 ? rules.join(', ') : '-'}  ${file}`);
}
console.log(`${found} of ${CASES.length}`);
