import { rangeText, readRange, shifted, zoomedOut } from '../../hooks/range';
import { useKeys } from '../../hooks/useKeys';
import { useRange } from '../../hooks/useRange';
import { useUrlState } from '../../hooks/useUrlState';
import { RangePicker } from '../../parts/RangePicker';
import { announce } from '../../ui/LiveRegion';
import { usePage } from './usePage';

/** How far back the page looks, on the pages and tabs that show a history. */
export function TimeRange() {
  const page = usePage();
  const [url] = useUrlState();
  if (!page?.history) return null;
  if (page.historyTabs && !page.historyTabs.includes(url.tab ?? '')) return null;
  return <Chosen />;
}

const group = 'Time';

function Chosen() {
  const { range, setRange, change } = useRange();
  useKeys([
    {
      keys: 't z',
      label: 'Look at a longer time',
      group,
      run: () => {
        change(zoomedOut(range, Date.now()));
      },
    },
    {
      keys: 't ArrowLeft',
      label: 'Earlier',
      group,
      run: () => {
        change(shifted(range, -1, Date.now()));
      },
    },
    {
      keys: 't ArrowRight',
      label: 'Later',
      group,
      run: () => {
        change(shifted(range, 1, Date.now()));
      },
    },
    {
      keys: 't n',
      label: 'The usual time, up to now',
      group,
      run: () => {
        setRange('1h');
      },
    },
    {
      keys: 't c',
      label: 'Copy the time',
      group,
      run: () => {
        void navigator.clipboard.writeText(rangeText(range)).then(() => {
          announce('The time is copied');
        });
      },
    },
    {
      keys: 't v',
      label: 'Paste a time',
      group,
      run: () => {
        void navigator.clipboard.readText().then((text) => {
          const pasted = readRange(text);
          if (pasted) change(pasted);
          else announce('What is copied is no time');
        });
      },
    },
  ]);
  return <RangePicker />;
}
