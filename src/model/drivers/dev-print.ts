import type { LogLevel } from '../events.ts';
import type { DriverDevice } from './driver.ts';

/** `dev_info()` and its relatives: the line begins with the driver and the device's address. */
export function devPrint(device: DriverDevice, driver: string, level: LogLevel, text: string): void {
  device.print(level, `${driver} ${device.fn.address}: ${text}`);
}
