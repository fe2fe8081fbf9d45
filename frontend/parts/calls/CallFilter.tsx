import type { CallRecord } from '../../api/types';
import { FilterChips } from '../../ui/FilterChips';
import { SearchInput } from '../../ui/SearchInput';
import { outcomes, outcomeWords } from './record';

type Props = {
  tool: string;
  outcome: CallRecord['outcome'] | '';
  /** What is loaded, for the numbers. */
  rows: readonly CallRecord[];
  onTool: (tool: string) => void;
  onOutcome: (outcome: string) => void;
};

/** What every list of calls is narrowed by. */
export function CallFilter({ tool, outcome, rows, onTool, onOutcome }: Props) {
  return (
    <>
      <SearchInput label="Tool, by its name" width={160} value={tool} onChange={onTool} />
      <FilterChips
        label="Outcome"
        chosen={outcome === '' ? [] : [outcome]}
        chips={outcomes.map((key) => ({
          key,
          label: outcomeWords[key],
          count: rows.filter((row) => row.outcome === key).length,
        }))}
        onChange={(chosen) => {
          onOutcome(chosen.at(-1) ?? '');
        }}
      />
    </>
  );
}
