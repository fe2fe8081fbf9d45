import { readExact } from '../../api/exact';
import type { ContentPart } from '../../api/types';
import { JsonView } from '../../ui/JsonView';
import classes from './Calls.module.css';
import { shown } from '../../ui/shown';

type Props = { part: ContentPart };

/** One part of a tool's answer, by its MCP content type. Nothing of it is ever taken as HTML. */
export function Content({ part }: Props) {
  switch (part.type) {
    case 'text':
      return <Text text={part.text} />;
    case 'image':
      return (
        <img
          className={classes.image}
          alt={shown(`Result of type ${part.mimeType}`)}
          src={`data:${part.mimeType};base64,${part.data}`}
        />
      );
    case 'resource':
      return part.resource.text === undefined ? (
        <JsonView value={part.resource} label="resource" />
      ) : (
        <div>
          <h4 className={classes.partTitle}>{shown(part.resource.uri ?? 'Resource')}</h4>
          <Text text={part.resource.text} />
        </div>
      );
    default:
      return <JsonView value={part} label={part.type} />;
  }
}

/** Many tools answer with JSON in a text part: it is shown as what it is. */
function Text({ text }: { text: string }) {
  const parsed = asJson(text);
  if (parsed !== undefined) return <JsonView value={parsed} label="text content" />;
  return (
    <pre className={classes.text} tabIndex={0} role="group" aria-label="text content">
      {shown(text)}
    </pre>
  );
}

function asJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return readExact(text);
  } catch {
    return undefined;
  }
}
