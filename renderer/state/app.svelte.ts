import type { BlockProbe } from '../../contract/backbone.ts';
import { createClient, type Client } from '../../contract/client.ts';
import type { Settings } from '../../contract/contract.ts';
import type { WrittenDataset } from '../../contract/dataset.ts';
import { fromWire } from '../../contract/errors.ts';
import type { RateCurve, RunSummary } from '../../contract/run.ts';
import type { ShellOutput } from '../../contract/shell.ts';
import { isLanguage, wordsFor, type Language } from '../../strings/index.ts';
import type { RendererTransport } from '../transport/transport.ts';
import { AddingState } from './adding.svelte.ts';
import { BackboneState } from './backbone.svelte.ts';
import { DataMapState } from './data-map.svelte.ts';
import { DatasetState } from './dataset.svelte.ts';
import { ExportState } from './export.svelte.ts';
import { NoticeState } from './notices.svelte.ts';
import { Question } from './question.svelte.ts';
import { RecipeState } from './recipe.svelte.ts';
import { recall, remember } from './remember.ts';
import { RunState } from './run.svelte.ts';
import { UseState } from './use.svelte.ts';

/** The steps of the app, in the order of the rail. */
export const screenNames = ['data', 'model', 'train', 'compare', 'understand', 'use', 'export'] as const;
export type ScreenName = (typeof screenNames)[number];
export type Theme = 'light' | 'dark';

const isScreenName = (name: string): name is ScreenName => (screenNames as readonly string[]).includes(name);

/** Everything the window knows. Screens get this and nothing else. */
export class AppState {
  readonly transport: RendererTransport;
  readonly client: Client;
  readonly notices: NoticeState;
  readonly datasets: DatasetState;
  readonly adding: AddingState;
  readonly backbones: BackboneState;
  readonly runs: RunState;
  readonly recipe = new RecipeState();
  readonly use: UseState;
  readonly exports: ExportState;
  readonly probe: Question<BlockProbe>;
  readonly rates: Question<RateCurve>;
  /** Data sets as folders; what was asked is the data set's id. */
  readonly writes: Question<WrittenDataset>;
  readonly dataMap: DataMapState;

  #settings = $state.raw<Settings>(recalledSettings());
  #screen = $state.raw<ScreenName>('data');
  #shell = $state.raw<ShellOutput<'shell.info'> | null>(null);
  #isConnected = $state.raw(true);
  #systemIsDark = $state.raw(matchMedia('(prefers-color-scheme: dark)').matches);

  language = $derived<Language>(this.#settings.language === 'system' ? systemLanguage() : this.#settings.language);
  /** The catalogue of the current language. */
  words = $derived(wordsFor(this.language));
  theme = $derived<Theme>(
    this.#settings.theme === 'system' ? (this.#systemIsDark ? 'dark' : 'light') : this.#settings.theme,
  );
  settings = $derived(this.#settings);
  screen = $derived(this.#screen);
  /** What this shell can do; null until it has said so. */
  shell = $derived(this.#shell);
  isConnected = $derived(this.#isConnected);

  constructor(transport: RendererTransport) {
    this.transport = transport;
    this.client = createClient(transport);
    this.notices = new NoticeState(() => this.words);
    this.datasets = new DatasetState(this.client, transport);
    this.adding = new AddingState(this.datasets, this.notices, () => this.words);
    this.backbones = new BackboneState(this.client);
    this.runs = new RunState(this.client, (error) => this.notices.show(error));
    this.use = new UseState(this.client, transport, this.runs);
    this.exports = new ExportState(this.client);
    this.probe = new Question(this.client);
    this.rates = new Question(this.client);
    this.writes = new Question(this.client);
    this.dataMap = new DataMapState(this.client);
    const wanted = location.hash.slice(1);
    if (isScreenName(wanted)) this.#screen = wanted;
  }

  /** Reads everything for the first time and stays live from then on. */
  async start(): Promise<void> {
    matchMedia('(prefers-color-scheme: dark)').addEventListener(
      'change',
      (event) => (this.#systemIsDark = event.matches),
    );
    addEventListener('hashchange', () => {
      const wanted = location.hash.slice(1);
      if (isScreenName(wanted)) this.#screen = wanted;
    });
    this.client.on('run.ended', (run) => this.#tellEnd(run));
    this.transport.onReset(() => this.notices.attempt(() => this.refresh()));
    this.transport.onConnection((isConnected) => this.#onConnection(isConnected));
    this.#takeSettings(await this.client.call('settings.get', {}));
    this.#shell = await this.transport.shell('shell.info', {});
    await this.refresh();
  }

  /** Reads everything shown again. */
  async refresh(): Promise<void> {
    await Promise.all([
      this.datasets.refresh(),
      this.backbones.refresh(),
      this.runs.refreshList(),
      this.exports.refresh(),
    ]);
    const newest = this.runs.list[0];
    if (this.runs.currentId === null && newest !== undefined) await this.runs.select(newest.runId);
  }

  /** Opens a step. Any step can be opened at any time. */
  go(screen: ScreenName): void {
    this.#screen = screen;
    this.notices.moveOn();
    history.replaceState(null, '', `#${screen}`);
  }

  setLanguage(language: Language): void {
    this.#save({ language });
  }

  setTheme(theme: Theme): void {
    this.#save({ theme });
  }

  /** Takes the choice at once; the backend keeps it for the next start. */
  #save(change: Partial<Settings>): void {
    this.#takeSettings({ ...this.#settings, ...change });
    this.notices.attempt(() => this.client.call('settings.set', change));
  }

  #takeSettings(settings: Settings): void {
    this.#settings = settings;
    remember('language', settings.language);
    remember('theme', settings.theme);
  }

  /** Says the end of a run where it is not on screen anyway. */
  #tellEnd(run: RunSummary): void {
    if (this.#screen === 'train') return;
    const { status, screens } = this.words.frame;
    const share = run.result?.test ?? run.result?.validation ?? null;
    const see = {
      label: screens.train,
      run: () => {
        this.go('train');
        this.notices.attempt(() => this.runs.select(run.runId));
      },
    };
    if (run.phase === 'failed' && run.error !== null) this.notices.show(fromWire(run.error), see);
    else if (run.phase === 'stopped') this.notices.show(status.runStopped(run.number), see);
    else if (share !== null)
      this.notices.show(status.trained(run.number, this.words.format.percent(share.accuracy)), see);
  }

  #onConnection(isConnected: boolean): void {
    const isBack = isConnected && !this.#isConnected;
    this.#isConnected = isConnected;
    if (isBack) this.notices.attempt(() => this.refresh());
  }
}

/** What the last visit chose, so that nothing flashes before the backend answers. */
function recalledSettings(): Settings {
  const language = recall('language');
  const theme = recall('theme');
  return {
    language: isLanguage(language) ? language : 'system',
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
  };
}

function systemLanguage(): Language {
  return navigator.language.startsWith('ko') ? 'ko' : 'en';
}
