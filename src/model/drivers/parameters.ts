import type { DriverParameter } from './driver.ts';

/** What the hardware or its firmware offers. */
export function hardware(meaning: string, min: number, max: number, byDefault: number): DriverParameter {
  return { is: 'device', meaning, min, max, default: byDefault };
}

/** An option of the module. */
export function option(meaning: string, min: number, max: number, byDefault: number): DriverParameter {
  return { is: 'module', meaning, min, max, default: byDefault };
}

/** Entries of the MSI-X table; none at all is a device without it. */
export function msixTable(meaning: string, byDefault: number): DriverParameter {
  return hardware(meaning, 0, 2048, byDefault);
}

/** What `ethtool -L` sets before the link comes up. */
export function channels(max: number): DriverParameter {
  return {
    is: 'setting',
    meaning: 'channels, as ethtool -L sets them; 0: as the driver chose',
    min: 0,
    max,
    default: 0,
  };
}

/** 1 or 0; what the driver of a release does is 0. */
export function flag(meaning: string): DriverParameter {
  return { is: 'setting', meaning, min: 0, max: 1, default: 0 };
}
