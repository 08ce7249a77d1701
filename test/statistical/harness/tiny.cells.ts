import { recordCoverage } from './record.ts';

recordCoverage('tiny');
