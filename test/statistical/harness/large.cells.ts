import { recordCoverage } from './record.ts';

recordCoverage('large');
