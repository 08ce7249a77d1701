import { recordCoverage } from './record.ts';

recordCoverage('small');
