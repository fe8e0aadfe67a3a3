import { languageNames } from '../../strings/index.ts';
import { screenNames, type AppState } from '../state/app.svelte.ts';
import { runName } from './names.ts';

/** Something the palette can do. */
export interface Command {
  id: string;
  label: string;
  run: () => void;
}

/** Everything that can be done from here now; what cannot is left out. */
export function commandsOf(app: AppState, onshortcuts: () => void): Command[] {
  const { palette, screens, theme } = app.words.frame;
  const { notices, datasets, runs } = app;
  const commands: Command[] = screenNames.map((name) => ({
    id: `go.${name}`,
    label: palette.goTo(screens[name]),
    run: () => app.go(name),
  }));
  const add = (id: string, label: string, run: () => void): void => void commands.push({ id, label, run });

  const running = runs.running;
  if (running !== null) add('stop', palette.stop, () => notices.attempt(() => runs.stop(running.runId)));
  else if (datasets.canTrain) add('train', palette.train, () => notices.attempt(() => trainHead(app)));
  add('sample', palette.sample, () => {
    app.go('data');
    notices.attempt(() => datasets.addSample());
  });
  add('theme', palette.theme(app.theme === 'dark' ? theme.light : theme.dark), () =>
    app.setTheme(app.theme === 'dark' ? 'light' : 'dark'),
  );
  const other = app.language === 'en' ? 'ko' : 'en';
  add('language', palette.language(languageNames[other]), () => app.setLanguage(other));
  add('shortcuts', palette.shortcuts, onshortcuts);
  for (const dataset of datasets.list) {
    add(`dataset.${dataset.datasetId}`, palette.showDataset(dataset.name), () =>
      notices.attempt(() => datasets.select(dataset.datasetId)),
    );
  }
  for (const run of runs.list)
    add(`run.${run.runId}`, palette.showRun(runName(run, app.words)), () =>
      notices.attempt(() => runs.select(run.runId)),
    );
  return commands;
}

/** The commands whose words hold every word typed, in any order. */
export function matching(commands: readonly Command[], typed: string): Command[] {
  const parts = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((part) => part !== '');
  return commands.filter(({ label }) => parts.every((part) => label.toLowerCase().includes(part)));
}

async function trainHead(app: AppState): Promise<void> {
  const dataset = app.datasets.current;
  if (dataset === null) return;
  await app.runs.start(dataset.datasetId, app.recipe.toInput());
  app.go('train');
}
