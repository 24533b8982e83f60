// `npm run docs`: writes the documents that are made of the code.
import { writeFileSync } from 'node:fs';
import { DRIVERS_DOCUMENT, driversDocument } from './drivers-document.ts';

writeFileSync(DRIVERS_DOCUMENT, driversDocument());
