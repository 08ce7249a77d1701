import { recordCoverage } from './record.ts';

recordCoverage('uneven');
