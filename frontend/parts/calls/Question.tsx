import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { Answer, Question as Asked } from '../../api/wire';
import { announce } from '../../ui/LiveRegion';
import { shown, shownName } from '../../ui/shown';
import classes from './Calls.module.css';
import { build, initialDraft, type Problems } from './draft';
import { plain } from './plain';
import { SchemaFields } from './SchemaFields';
import { asSchema, isRecord, type Schema } from './schema';

type Props = { of: string; question: Asked; onAnswer: (answer: Answer) => void };

/** What a running tool asks of whoever called it: a form, or a page to visit. It goes on once it has its answer. */
export function Question({ of, question: { params }, onAnswer }: Props) {
  const url = typeof params.url === 'string' ? params.url : null;
  const [schema] = useState<Schema>(() => ({
    properties: {},
    ...plain(asSchema(params.requestedSchema)),
    type: 'object',
  }));
  const [draft, setDraft] = useState(() => initialDraft(schema));
  const [problems, setProblems] = useState<Problems>({});
  const form = useRef<HTMLFormElement>(null);
  const title = `${shownName(of)} asks`;
  useEffect(() => {
    announce(`${title}: the call waits for your answer`);
    form.current?.querySelector<HTMLElement>('textarea, select, input, a, button')?.focus();
  }, [title]);
  const accept = () => {
    const built = build(schema, draft);
    setProblems(built.problems);
    if (Object.keys(built.problems).length > 0) return;
    onAnswer({
      action: 'accept',
      ...(url === null ? { content: isRecord(built.value) ? built.value : {} } : {}),
    });
  };
  return (
    <form
      ref={form}
      className={classes.question}
      aria-label={title}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        accept();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        accept();
      }}
    >
      <h3>{title}</h3>
      <p className={classes.asks}>
        {typeof params.message === 'string' ? shown(params.message) : 'It says not what for.'}
      </p>
      {url === null ? (
        <SchemaFields schema={schema} draft={draft} problems={problems} onChange={setDraft} />
      ) : (
        <Visit url={url} />
      )}
      <div className={classes.formFoot}>
        <Button type="submit" variant="filled" title="Ctrl Enter">
          {url === null ? 'Answer' : 'I have been there'}
        </Button>
        <Button
          onClick={() => {
            onAnswer({ action: 'decline' });
          }}
        >
          Decline
        </Button>
        <Button
          title="Neither an answer nor a refusal"
          onClick={() => {
            onAnswer({ action: 'cancel' });
          }}
        >
          Dismiss
        </Button>
      </div>
    </form>
  );
}

/** The whole address, and whose it is, before anybody follows it; what is no web page is no link. */
function Visit({ url }: { url: string }) {
  const host = hostOf(url);
  return (
    <p className={classes.visit}>
      {host === null ? (
        <>This is no address of a web page, so it is not a link: {shown(url)}</>
      ) : (
        <>
          A page of <strong>{shown(host)}</strong>:{' '}
          <a href={url} target="_blank" rel="noopener noreferrer">
            {shown(url)}
          </a>
        </>
      )}
    </p>
  );
}

function hostOf(url: string): string | null {
  try {
    const { protocol, host } = new URL(url);
    return protocol === 'https:' || protocol === 'http:' ? host : null;
  } catch {
    return null;
  }
}
