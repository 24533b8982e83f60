import { DEVICE_MESSAGES } from './devices.ts';
import type { MessageEntry } from './entry.ts';
import { KERNEL_MESSAGES } from './kernel.ts';
import { TOOL_MESSAGES } from './tools.ts';

/** Every message that is known; a line is the first one that it matches. */
export const MESSAGES: readonly MessageEntry[] = [...KERNEL_MESSAGES, ...DEVICE_MESSAGES, ...TOOL_MESSAGES];
