import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import { followQuestions, refresh, refreshAutomatically, report } from './state/answers.ts';
import { followTheme } from './state/theme.ts';
import { followAddressBar } from './state/view.ts';

followAddressBar();
followTheme();
followQuestions();
refreshAutomatically();
void refresh();
effect(() => {
  const source = report.value?.source;
  if (source !== undefined) document.title = `${source} · irqspace`;
});

const page = document.getElementById('page');
if (page !== null) render(<App />, page);
