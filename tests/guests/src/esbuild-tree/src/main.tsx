import { Emitter } from 'tiny-emitter';
import * as units from '@scope/units';
import settings from '../assets/settings.json';
import text from '../assets/notice.txt';
import './style.css';
import { h } from './lib';
import type { Page } from './pages';

const events = new Emitter<string>();
events.on(page => void open(page));

async function open(name: string) {
  const page: Page = name === 'about' ? (await import('./pages/about')).default : (await import('./pages')).home;
  document.body.append(<main class={settings.theme}>{page.title} {units.kilometres(page.distance ?? 0)} {text}</main>);
}
events.emit('about');
