import { expect, test } from './fixtures.ts';
import { ModelPage, TrainPage } from './pages/screens.ts';

const promisedSeconds = 60;
/** How long to wait for a step: machines that test are busy, and seconds are measured in bench, not asserted here. */
const stepTimeoutMs = 150_000;

test('three clicks lead from nothing to a trained model, and nothing leaves this machine', async ({
  graft,
  outsideRequests,
}) => {
  const { words } = graft;
  const startedAt = Date.now();
  await graft.button(words.data.empty.sample).click();
  await expect(graft.button(words.data.next)).toBeEnabled({ timeout: stepTimeoutMs });
  await graft.button(words.data.next).click();
  await expect(new ModelPage(graft).trainButton).toBeEnabled();
  await new ModelPage(graft).trainButton.click();
  const train = new TrainPage(graft);
  await train.isIn('finished');
  const seconds = (Date.now() - startedAt) / 1000;
  const accuracy = await train.validationAccuracy();
  test.info().annotations.push({
    type: 'first run',
    description: `3 clicks, ${seconds.toFixed(1)} s (${promisedSeconds} s promised), accuracy ${accuracy}`,
  });
  process.stdout.write(`First run: ${seconds.toFixed(1)} s, validation accuracy ${accuracy}\n`);
  expect(accuracy).toBeGreaterThan(0.8);
  expect(outsideRequests).toEqual([]);
});
