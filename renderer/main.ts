import { mount } from 'svelte';
import App from './App.svelte';
import { AppState } from './state/app.svelte.ts';
import { recall } from './state/remember.ts';
import './styles/tokens.css';
import './styles/base.css';
import { chooseTransport } from './transport/choose.ts';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');

// Before anything is drawn, so that a dark room is not lit by a white flash.
const theme = recall('theme');
if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme;

mount(App, { target, props: { app: new AppState(chooseTransport()) } });
