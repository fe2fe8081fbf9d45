import { NativeSelect } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Target } from '../../api/callTool';
import { keys } from '../../api/keys';
import { listToolsOf } from '../../api/tools';
import type { Tool } from '../../api/types';
import { useUrlState } from '../../hooks/useUrlState';
import type { Args } from '../../parts/calls/CallForm';
import { Hints } from '../../parts/calls/Hints';
import { SchemaSection } from '../../parts/calls/SchemaSection';
import { ToolCall } from '../../parts/calls/ToolCall';
import { Failed } from '../../parts/Failed';
import { EmptyState } from '../../ui/EmptyState';
import { Loading } from '../../ui/Loading';
import { Copies } from './Copies';
import classes from './PlaygroundPage.module.css';
import { Runs, type Run } from './Runs';
import { SaveForm } from './SavedCalls';
import { argsOf, argsText } from './view';
import { shown, shownName } from '../../ui/shown';

type Props = { target: Target; owner: string | null; name: string };

/** The chosen tool: what it is, its form, what came of it, and the same call for elsewhere. */
export function Bench({ target, owner, name }: Props) {
  const query = useQuery({
    queryKey: keys.tools(owner ?? ''),
    queryFn: ({ signal }) => listToolsOf(owner ?? '', signal),
    enabled: owner !== null,
  });
  const tool = query.data?.find((one) => one.name === name);
  if (tool) return <Ready target={target} tool={tool} />;
  return (
    <div className={classes.bench}>
      {owner !== null && query.isPending ? (
        <Loading label={`Loading ${shownName(name)}`} rows={6} />
      ) : null}
      {query.error ? (
        <Failed
          title={`${shownName(name)} could not be loaded`}
          error={query.error}
          onRetry={() => void query.refetch()}
        />
      ) : null}
      {owner === null || query.data ? (
        <EmptyState title={`${target.id} has no tool ${shownName(name)}`}>
          It may have been renamed, or its provider has not told its tools yet.
        </EmptyState>
      ) : null}
    </div>
  );
}

const timeouts = [
  { value: '30000', label: 'within 30 s' },
  { value: '120000', label: 'within 2 min' },
  { value: '600000', label: 'within 10 min' },
];

const eras = [
  { value: '', label: 'REST' },
  { value: 'modern', label: 'MCP 2026-07-28' },
  { value: 'session', label: 'MCP 2025-11-25' },
];

function Ready({ target, tool }: { target: Target; tool: Tool }) {
  const [url, setUrl] = useUrlState();
  // Taken once: what is typed afterwards goes to the address, not back.
  const [initial] = useState(() => argsOf(url));
  const [args, setArgs] = useState<Args | null>(initial ?? {});
  const [runs, setRuns] = useState<readonly Run[]>([]);
  const timeout = timeouts.find((one) => one.value === url.timeout)?.value ?? '600000';
  const era = url.era === 'modern' || url.era === 'session' ? url.era : undefined;
  const bench = useRef<HTMLDivElement>(null);
  // A tool that was just chosen is filled in next; what came with arguments is read first.
  useEffect(() => {
    if (initial === undefined) focusForm(bench.current);
  }, [initial]);
  const onDraft = useCallback((next: Args | null) => {
    setArgs(next);
  }, []);
  return (
    <div className={classes.bench} ref={bench}>
      <header>
        <h2 className={classes.title}>
          {shownName(tool.name)}
          {tool.title && tool.title !== tool.name ? <span>{shown(tool.title)}</span> : null}
        </h2>
        <p className={classes.through}>
          through {target.kind}{' '}
          <Link
            to={target.kind === 'group' ? '/groups/$id' : '/providers/$id'}
            params={{ id: target.id }}
          >
            {target.id}
          </Link>
        </p>
        <p className={classes.description}>{shown(tool.description)}</p>
        <Hints annotations={tool.annotations} />
      </header>
      <ToolCall
        target={target}
        tool={tool}
        initial={initial}
        timeoutMs={Number(timeout)}
        onDraft={onDraft}
        onEnded={(sent, ended) => {
          setUrl({ args: argsText(sent) });
          setRuns((before) => [{ at: Date.now(), args: sent, ended }, ...before].slice(0, 20));
        }}
        era={era}
        foot={
          <>
            <NativeSelect
              aria-label="Protocol"
              rightSection={<IconChevronDown size={15} />}
              value={era ?? ''}
              data={eras}
              onChange={(event) => {
                setUrl({ era: event.currentTarget.value });
              }}
            />
            <NativeSelect
              aria-label="Patience"
              rightSection={<IconChevronDown size={15} />}
              value={timeout}
              data={timeouts}
              onChange={(event) => {
                const { value } = event.currentTarget;
                setUrl({ timeout: value === '600000' ? '' : value });
              }}
            />
          </>
        }
      />
      <div className={classes.twins}>
        <Copies target={target} tool={tool} args={args} />
        <SaveForm target={target} tool={tool.name} args={args} />
      </div>
      <Runs target={target} tool={tool.name} runs={runs} />
      <SchemaSection title="Parameters" label="parameter schema" schema={tool.parameters} />
      {tool.outputSchema === undefined ? null : (
        <SchemaSection title="Result" label="result schema" schema={tool.outputSchema} />
      )}
    </div>
  );
}

const focusForm = (bench: HTMLElement | null) =>
  bench
    ?.querySelector<HTMLElement>(
      'form :is(textarea, select, input:not([role=switch]), [type=submit])',
    )
    ?.focus();
