import { Level } from '../lib/never';
export interface Page { title: string; distance?: number }
export const home: Page = { title: `home ${Level.High}` };
